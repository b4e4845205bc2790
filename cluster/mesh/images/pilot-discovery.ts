// The program of istiod's image: its ports, its log, and `pilot-discovery request`. What it knows and sends is mesh.ts, what its
// pages show is istiod/.
// Source: istio/istio pilot/cmd/pilot-discovery; manifests/charts/istio-control/istio-discovery (ports).

import { sendRequest } from '../../network/http-client.ts';
import { serveHttp } from '../../network/http-server.ts';
import type { Process, Program } from '../../node/process.ts';
import type { Cancel } from '../../platform.ts';
import { bytesOf, nothing, readAll } from '../../streams.ts';
import { microTimestamp } from '../../time.ts';
import { answerIstiod } from '../istiod/debug.ts';
import type { Mesh } from '../mesh.ts';
import { DEFAULT_REVISION } from '../revisions.ts';
import { durationMs } from '../routing/durations.ts';

/** Readiness and debug, plain xDS, secure xDS, webhooks, self-monitoring. */
const PORTS = { http: 8080, grpc: 15_010, secure: 15_012, webhook: 15_017, monitoring: 15_014 };

const USAGE = 1;

/** @param startDuties begins what an istiod of a revision does besides answering, and ends it. */
export function pilotDiscovery(
  mesh: Mesh,
  version: string,
  startDuties: (revision: string) => Cancel,
): Program {
  return (process) => {
    const command = process.argv[1] ?? 'discovery';
    switch (command) {
      case 'discovery':
        return discover(process, mesh, version, startDuties);
      case 'request':
        return request(process);
      case 'version':
        return say(process, `version.BuildInfo{Version:"${version}"}\n`, 0);
      default:
        return say(
          process,
          `pilot-discovery: ${command}: the simulated istiod knows discovery, request and version\n`,
          USAGE,
        );
    }
  };
}

async function discover(
  process: Process,
  mesh: Mesh,
  version: string,
  startDuties: (revision: string) => Cancel,
): Promise<number> {
  const pod = process.env.get('POD_NAME') ?? process.net.hostname;
  const log = (level: 'info' | 'warn', scope: string, text: string) => {
    const at = microTimestamp(process.clock.now());
    const line = `${at}\t${level}\t${scope === '' ? '' : `${scope}\t`}${text}\n`;
    // Nobody waits for a log line, and a closed log is no reason to stop.
    process.stdout.write(bytesOf(line)).catch(() => {});
  };
  const stopReading = mesh.onLog(({ istiod, scope, text }) => {
    if (istiod === undefined || istiod === pod) log('info', scope, text);
  });
  for (const port of Object.values(PORTS)) serve(process, port, { mesh, pod, version });
  const debounceMs = durationMs(process.env.get('PILOT_DEBOUNCE_AFTER'));
  const usualDebounce = debounceMs === undefined ? () => {} : mesh.debounce(debounceMs);
  const stop = startDuties(process.env.get('REVISION') ?? DEFAULT_REVISION);
  log('info', '', `Istio pilot version ${version} is the simulated one of this cluster`);
  log('info', '', `starting secure gRPC discovery service at [::]:${PORTS.secure}`);
  log('info', '', `starting webhook service at [::]:${PORTS.webhook}`);
  log('info', '', 'All caches have been synced up, marking server ready');
  try {
    await new Promise<void>((resolve, reject) => {
      process.onSignal('SIGTERM', resolve);
      process.onSignal('SIGINT', resolve);
      process.signal.addEventListener('abort', () => reject(process.signal.reason as Error));
    });
    return 0;
  } finally {
    stop();
    usualDebounce();
    stopReading();
  }
}

function serve(
  process: Process,
  port: number,
  istiod: { mesh: Mesh; pod: string; version: string },
): void {
  process.net.listen(port, (connection) => {
    const local =
      connection.remote.ip.startsWith('127.') || connection.remote.ip === process.net.ip;
    serveHttp(connection, async ({ target }) => answerIstiod(target, { ...istiod, local })).catch(
      (error: unknown) => {
        process.stderr.write(bytesOf(`port ${port}: ${String(error)}\n`)).catch(() => {});
      },
    );
  });
}

async function say(process: Process, text: string, code: number): Promise<number> {
  await process.stdout.write(bytesOf(text));
  return code;
}

/** `pilot-discovery request GET /debug/syncz`: asks the istiod of this pod. */
async function request(process: Process): Promise<number> {
  const [method, path] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  if (method === undefined || path === undefined)
    return say(
      process,
      'pilot-discovery request METHOD PATH: for example GET /debug/syncz\n',
      USAGE,
    );
  const connection = await process.net.connect('127.0.0.1', PORTS.http);
  const { status, body } = await sendRequest(connection, {
    method,
    target: `/${path.replace(/^\//, '')}`,
    version: '1.1',
    headers: [['Host', `127.0.0.1:${PORTS.http}`]],
    body: nothing,
  });
  await process.stdout.write(await readAll(body));
  connection.close();
  return status === 200 ? 0 : USAGE;
}
