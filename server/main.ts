// The web server's process: pages, the gate, the feed. The holder starts it, tells it what it needs, and starts it again when it dies.
// Wiring only: what each part does, is in its room.

import { WebSocketServer } from 'ws';
import { FEED_PATH, FEED_PROTOCOL } from '../protocol/lab.ts';
import type { EngineFacts } from '../protocol/lab.ts';
import type { Step } from '../protocol/lesson.ts';
import { TERMINAL_PATH } from '../protocol/terminal.ts';
import { Boards } from './boards.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { Feed } from './feed.ts';
import { Gate } from './gate.ts';
import { HolderLine } from './holder-line.ts';
import type { Told } from './holder-line.ts';
import { KubeconfigCluster } from './kiali/cluster.ts';
import { GraphSource } from './kiali/graph-source.ts';
import { KialiSite } from './kiali/kiali-site.ts';
import { Listener } from './listener.ts';
import { doorRoutes } from './routes/door.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { graphRoutes } from './routes/graph.ts';
import { receiptRoutes } from './routes/receipts.ts';
import { terminalRoutes } from './routes/terminals.ts';
import { travelRoutes } from './routes/travel.ts';
import { staticFiles } from './static-files.ts';
import { BusinessCase } from './workspace/business-case.ts';
import { Journey } from './travel/journey.ts';
import { workspacePaths } from './workspace/workspace.ts';

const log = (message: string) => console.error(message);
const config = readConfig(process.env);
const boards = new Boards({
  config,
  publish: (learner, message) => feed.publish(learner, message),
  log,
});
const feed = new Feed({
  engine: beforeTheEngineSpeaks(config),
  log,
  audience: (learner, pages) => boards.audience(learner, pages),
});
const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: 1024, // pages only listen
  handleProtocols: (offered) => offered.has(FEED_PROTOCOL) && FEED_PROTOCOL,
});
const holder = new HolderLine(told, () => process.exit());
let listener: Listener | undefined;

// Ctrl-C reaches the whole group of processes; the holder says when to stop.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void stop());

function told(message: Told): void {
  switch (message.kind) {
    case 'start':
      void start(message);
      return;
    case 'one-time code':
      listener?.gate.allowOnce(message.code);
      return;
    case 'engine':
      boards.engine(message.learner, message.engine);
      feed.publish(message.learner, { kind: 'engine', engine: message.engine });
      return;
    case 'receipt':
      boards.receipt(message.learner, message.receipt);
      return;
    case 'notice':
      feed.publish(message.learner, { kind: 'notice', text: message.text });
      return;
  }
}

async function start({
  port,
  learner,
  cookieKey,
  launchSecret,
}: Extract<Told, { kind: 'start' }>): Promise<void> {
  const { kubeconfig } = workspacePaths(config.home, learner);
  const cluster = new KubeconfigCluster(kubeconfig);
  const kiali = new KialiSite({ api: () => cluster.api(), log });
  const graphs = new GraphSource({ api: () => cluster.api() });
  try {
    listener = await Listener.open({
      port,
      learner,
      log,
      neighbours: [kiali],
      gate: (actual) =>
        new Gate({ port: actual, origins: config.origins, cookieKey, launchSecret }),
      routes: (gate) => [
        ...doorRoutes(gate),
        ...terminalRoutes((ask) => holder.ask(ask)),
        ...receiptRoutes((who, session, from) => boards.receipts(who, session, from)),
        ...evidenceRoutes(
          (who, measure) => boards.forgetEvidence(who, measure),
          (who) => new BusinessCase(workspacePaths(config.home, who).startDirectory),
        ),
        ...graphRoutes(graphs, kiali),
        ...travelRoutes(journeyOf),
      ],
      pages: (gate) => staticFiles(config.site, (headers) => gate.presence(headers)),
      upgrades: {
        [TERMINAL_PATH]: { key: 'none', take: (upgrade) => holder.handOver(upgrade) },
        [FEED_PATH]: {
          key: 'subprotocol',
          take: ({ request, socket, head, learner: who }) =>
            sockets.handleUpgrade(request, socket, head, (page) => feed.serve(page, who)),
        },
      },
    });
    holder.send({ kind: 'listening', port: listener.port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    log(`The web server cannot listen: ${code}.`);
    holder.send({ kind: 'cannot listen', code });
    await stop();
  }
}

/** A learner's way through the course: the board knows what is proven, and hears what is skipped. */
function journeyOf(learner: string): Journey {
  const ids = (steps: readonly Step[]) =>
    new Set(steps.flatMap(({ checks }) => checks.map(({ check }) => check)));
  return new Journey({
    workspace: workspacePaths(config.home, learner),
    engine: config.engine,
    catalogue: () => boards.catalogue(),
    proven: (check) => boards.known(learner, check)?.proven !== undefined,
    skipped: (check) => boards.known(learner, check)?.skipped === true,
    skip: (steps) => boards.skip(learner, ids(steps)),
    lend: (steps) => boards.lend(learner, ids(steps)),
    expect: (steps) => boards.expect(learner, ids(steps)),
  });
}

async function stop(): Promise<void> {
  feed.close();
  boards.close();
  await listener?.close();
  process.exit();
}

/** Until the clusters' process has told more. */
function beforeTheEngineSpeaks({ engine }: Config): EngineFacts {
  const name = engine === 'embedded' ? 'Embedded cluster' : 'kind';
  return { name, state: 'none', simulated: engine === 'embedded', versions: {} };
}
