import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import type { CheckSpec } from '../../protocol/check.ts';
import type { CheckState } from '../../protocol/verdict.ts';
import { LearnerRecord } from '../learners/learner-record.ts';
import { Board, type BoardRecord } from './board.ts';
import { Receipts } from './receipts.ts';

/** An API server that knows config maps and one pod's log, for tests of what a network does. */
class SmallApiServer {
  readonly #server: Server;
  readonly #watches = new Set<ServerResponse>();
  readonly #logs = new Set<ServerResponse>();
  readonly #objects = new Map<string, Record<string, unknown>>();
  readonly #history: { revision: number; type: string; object: Record<string, unknown> }[] = [];
  #revision = 1;
  lists = 0;
  /** Answer the next watch with 410, as for a revision that is too old. */
  tooOld = false;

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://x');
      const json = (body: unknown) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
      if (url.pathname === '/version') return json({ major: '1', minor: '36' });
      if (url.pathname === '/api/v1') {
        return json({
          resources: [
            { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
            { name: 'pods', kind: 'Pod', namespaced: true },
          ],
        });
      }
      if (url.pathname.endsWith('/log')) {
        response.writeHead(200).flushHeaders();
        this.#logs.add(response);
        return response;
      }
      if (url.pathname.startsWith('/apis/'))
        return response.writeHead(404).end('{"message":"no such group"}');
      const kind = url.pathname.endsWith('/pods') ? 'Pod' : 'ConfigMap';
      const name = url.searchParams.get('fieldSelector')?.replace('metadata.name=', '');
      const fits = (object: Record<string, unknown>) =>
        object['kind'] === kind &&
        (!name || (object['metadata'] as { name: string }).name === name);
      if (url.searchParams.get('watch')) {
        response.writeHead(200).flushHeaders();
        if (this.tooOld) {
          this.tooOld = false;
          return response.end(
            `${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`,
          );
        }
        const since = Number(url.searchParams.get('resourceVersion'));
        for (const { revision, type, object } of this.#history) {
          if (revision > since && fits(object))
            response.write(`${JSON.stringify({ type, object })}\n`);
        }
        Object.assign(response, { fits });
        this.#watches.add(response);
        request.on('close', () => this.#watches.delete(response));
        return response;
      }
      this.lists++;
      return json({
        metadata: { resourceVersion: String(this.#revision) },
        items: [...this.#objects.values()].filter(fits),
      });
    });
  }

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  put(kind: string, name: string, fields: Record<string, unknown> = {}): void {
    const object = {
      kind,
      metadata: {
        name,
        namespace: 'default',
        uid: `uid-${name}`,
        resourceVersion: String(++this.#revision),
      },
      ...fields,
    };
    this.#objects.set(name, object);
    this.#tell('MODIFIED', object);
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    if (!object) throw new Error(`no ${name} to remove`);
    this.#objects.delete(name);
    this.#tell('DELETED', {
      ...object,
      metadata: { ...(object['metadata'] as object), resourceVersion: String(++this.#revision) },
    });
  }

  /** How many watches are open. */
  get watching(): number {
    return this.#watches.size;
  }

  log(line: string): void {
    for (const response of this.#logs) response.write(`${line}\n`);
  }

  /** Ends every open watch, as a server does after its time-out. */
  endWatches(): void {
    for (const response of this.#watches) response.end();
    this.#watches.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #tell(type: string, object: Record<string, unknown>): void {
    this.#history.push({ revision: this.#revision, type, object });
    for (const response of this.#watches) {
      const { fits } = response as unknown as {
        fits: (object: Record<string, unknown>) => boolean;
      };
      if (fits(object)) response.write(`${JSON.stringify({ type, object })}\n`);
    }
  }
}

const mapCheck: CheckSpec = {
  check: 'map',
  title: 'The map is there',
  watch: { settings: { object: 'ConfigMap', name: 'map', namespace: 'default' } },
  rules: [
    { expect: 'settings != null', say: 'There is no map.' },
    { expect: "settings.data.colour == 'green'", say: 'The map is {{ settings.data.colour }}.' },
  ],
  seen: 'It is {{ settings.data.colour }}.',
  mistakes: [],
};

const noteCheck: CheckSpec = {
  check: 'note',
  title: 'The note is there',
  watch: { note: { file: 'note.txt' } },
  rules: [{ expect: 'note != null', say: 'There is no note.' }],
  mistakes: [],
};

class Learner {
  readonly directory = mkdtempSync(join(tmpdir(), 'board-'));
  readonly kubeconfig = join(this.directory, 'kubeconfig');
  readonly receipts = new Receipts();
  readonly #record: LearnerRecord;
  readonly #states: CheckState[] = [];
  readonly #waiters = new Set<() => void>();
  board: Board;

  constructor(checks: CheckSpec[], record = new LearnerRecord(':memory:')) {
    this.#record = record;
    this.board = this.#makeBoard(checks);
  }

  #makeBoard(checks: CheckSpec[]): Board {
    const record: BoardRecord = {
      proofs: () => this.#record.proofs('me'),
      prove: (check, proof) => this.#record.prove('me', check, proof),
      progress: () => this.#record.progress('me'),
      setProgress: (check, rules) => this.#record.setProgress('me', check, rules),
      skipped: () => this.#record.skipped('me'),
      setSkipped: (check, skipped) => this.#record.setSkipped('me', check, skipped),
    };
    return new Board({
      checks,
      workspace: { directory: this.directory, kubeconfig: this.kubeconfig },
      receipts: this.receipts,
      record,
      engineName: () => 'Test engine',
      publish: (state) => {
        this.#states.push(state);
        for (const wake of this.#waiters) wake();
      },
    });
  }

  writeKubeconfig(port: number): void {
    writeFileSync(
      this.kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name: 'c',
            cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
          },
        ],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
  }

  removeKubeconfig(): void {
    rmSync(this.kubeconfig);
  }

  /** Resolves with the first published state, from now back, that fits. */
  async sees(fits: (state: CheckState) => boolean): Promise<CheckState> {
    for (;;) {
      const found = this.#states.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
      });
    }
  }

  forget(): void {
    this.#states.length = 0;
  }

  close(): void {
    this.board.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const passed = (state: CheckState) => state.verdict.state === 'passed';
const waitsWith = (because: string) => (state: CheckState) =>
  state.verdict.state === 'waiting' && state.verdict.because === because;

describe('a board', () => {
  const closing: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function setUp(checks: CheckSpec[] = [mapCheck]) {
    const api = new SmallApiServer();
    const port = await api.listen();
    const learner = new Learner(checks);
    closing.push(
      () => api.close(),
      () => learner.close(),
    );
    return { api, port, learner };
  }

  test('waits for a cluster, and then for what the check claims, and then passes', async () => {
    const { api, port, learner } = await setUp();
    learner.board.start();
    await learner.sees(waitsWith('There is no cluster yet.'));
    learner.writeKubeconfig(port);
    await learner.sees(waitsWith('There is no map.'));
    api.put('ConfigMap', 'map', { data: { colour: 'red' } });
    await learner.sees(waitsWith('The map is red.'));
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    const state = await learner.sees(passed);
    assert.deepEqual(state.proven?.engine, 'Test engine');
    assert.equal(state.proven?.seen, 'It is green.');
    assert.match(state.proven?.revisions['settings'] ?? '', /^\d+$/);
  });

  test('judges what is in files alone without a cluster', async () => {
    const { learner } = await setUp([noteCheck]);
    learner.board.start();
    await learner.sees(waitsWith('There is no note.'));
    writeFileSync(join(learner.directory, 'note.txt'), 'Who can listen?');
    await learner.sees(passed);
  });

  test('says when it is no longer so, and keeps the proof', async () => {
    const { api, port, learner } = await setUp();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    learner.writeKubeconfig(port);
    learner.board.start();
    const first = await learner.sees(passed);
    api.remove('map');
    const state = await learner.sees(waitsWith('There is no map.'));
    assert.deepEqual(state.proven, first.proven);
  });

  test('a check of a skipped step proves nothing however true it is, and proves again once its step is to be done', async () => {
    const { api, port, learner } = await setUp();
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    learner.board.skip(new Set(['map']));
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    const skipped = await learner.sees(passed);
    assert.equal(skipped.skipped, true);
    assert.equal(skipped.proven, undefined);
    api.remove('map');
    await learner.sees((state) => waitsWith('There is no map.')(state) && state.skipped === true);
    learner.board.expect(new Set(['map']));
    learner.forget();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    const state = await learner.sees((one) => one.proven !== undefined);
    assert.equal(state.skipped, undefined);
  });

  test('a check that is true only by arrival is skipped until it is no longer so, and is proven when it is made true', async () => {
    const { api, port, learner } = await setUp();
    learner.board.skip(new Set(['map']));
    learner.board.lend(new Set(['map']));
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    learner.writeKubeconfig(port);
    learner.board.start();
    assert.equal((await learner.sees(passed)).proven, undefined);
    api.remove('map');
    const red = await learner.sees(waitsWith('There is no map.'));
    assert.equal(red.skipped, undefined);
    learner.forget();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    assert.ok((await learner.sees(passed)).proven);
  });

  test('remembers a proof when it is made anew', async () => {
    const record = new LearnerRecord(':memory:');
    const { api, port } = await setUp();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    const before = new Learner([mapCheck], record);
    closing.push(() => before.close());
    before.writeKubeconfig(port);
    before.board.start();
    await before.sees(passed);
    const after = new Learner([mapCheck], record);
    closing.push(() => after.close());
    assert.equal(after.board.states[0]?.proven?.seen, 'It is green.');
  });

  test('goes on where it was when a watch ends, without listing again', async () => {
    const { api, port, learner } = await setUp();
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    const lists = api.lists;
    api.endWatches();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    await learner.sees(passed);
    assert.equal(api.lists, lists);
  });

  test('lists again when its revision is too old', async () => {
    const { api, port, learner } = await setUp();
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    api.tooOld = true;
    api.endWatches();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    await learner.sees(passed);
  });

  test('says that the cluster does not answer, and comes back by itself', async () => {
    const { api, port, learner } = await setUp();
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    await api.close();
    await learner.sees(waitsWith('The cluster does not answer.'));
    const again = new SmallApiServer();
    await again.listen(port);
    closing.push(() => again.close());
    again.put('ConfigMap', 'map', { data: { colour: 'green' } });
    await learner.sees(passed);
    closing.splice(
      closing.findIndex((close) => close.toString().includes('api.close')),
      1,
    );
  });

  test('goes back to waiting for a cluster when the kubeconfig goes', async () => {
    const { port, learner } = await setUp();
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    learner.removeKubeconfig();
    await learner.sees(waitsWith('There is no cluster yet.'));
  });

  test('follows a pod’s log and a file of the workspace', async () => {
    const spec: CheckSpec = {
      check: 'log',
      title: 'The log says so',
      watch: {
        lines: { log: 'generator', namespace: 'default', lines: 3 },
        note: { file: 'notes/done.txt' },
      },
      rules: [
        { expect: "lines.exists(l, l.startsWith('200 '))", say: '{{ size(lines) }} lines.' },
        { expect: 'note != null', say: 'No note.' },
      ],
      mistakes: [],
    };
    const { api, port, learner } = await setUp([spec]);
    api.put('Pod', 'generator', {
      spec: { containers: [{ name: 'curl' }] },
      status: {
        containerStatuses: [
          { name: 'curl', state: { running: { startedAt: '2026-11-22T10:00:00Z' } } },
        ],
      },
    });
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('0 lines.'));
    const until = async (fits: (state: CheckState) => boolean) => {
      while (!learner.board.states.some(fits)) {
        api.log('200 0.002s');
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await until(waitsWith('No note.'));
    writeFileSync(join(learner.directory, 'notes/done.txt'), 'done');
    await learner.sees(passed);
  });

  test('what a terminal showed is seen, and proves nothing', async () => {
    const spec: CheckSpec = {
      check: 'looked',
      title: 'You have looked at the proxy',
      watch: { looks: { receipt: 'istioctl proxy-config' } },
      rules: [
        {
          expect: "looks.exists(l, l.exit == 0 && l.output.contains('outbound'))",
          say: '{{ size(looks) }} looks.',
        },
      ],
      seen: 'There they are.',
      mistakes: [],
    };
    const { port, learner } = await setUp([spec]);
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('0 looks.'));
    learner.receipts.add({ command: 'kubectl get pods', exit: 0, output: 'outbound' });
    const command = 'cd .. && istioctl  proxy-config cluster deploy/frontend | head';
    learner.receipts.add({ command, exit: 127, output: 'command not found' });
    await learner.sees(waitsWith('1 looks.'));
    learner.receipts.add({ command, exit: 0, output: 'outbound, says a pod', place: 'pod' });
    await learner.sees(waitsWith('1 looks.'));
    learner.receipts.add({ command, exit: 0, output: 'backend.default 80 - outbound EDS' });
    const state = await learner.sees(({ verdict }) => verdict.state === 'seen');
    assert.deepEqual(state.verdict, { state: 'seen', seen: 'There they are.' });
    assert.equal(state.proven, undefined);
  });

  test('a kind the server does not have is an empty list until it does', async () => {
    const spec: CheckSpec = {
      check: 'mesh',
      title: 'A rule is there',
      watch: { rules: { objects: 'VirtualService', apiVersion: 'networking.istio.io/v1' } },
      rules: [{ expect: 'size(rules) > 0', say: 'No rule.' }],
      mistakes: [],
    };
    const { port, learner } = await setUp([spec]);
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('No rule.'));
  });

  test('a history that is over is watched no more, nor when it is made anew', async () => {
    const record = new LearnerRecord(':memory:');
    const { api, port } = await setUp([]);
    const past: CheckSpec = { ...mapCheck, mode: 'history' };
    for (const life of ['first', 'second']) {
      const learner = new Learner([past], record);
      closing.push(() => learner.close());
      learner.writeKubeconfig(port);
      learner.board.start();
      if (life === 'first') {
        await learner.sees(waitsWith('There is no map.'));
        api.put('ConfigMap', 'map', { data: { colour: 'green' } });
      }
      const state = await learner.sees(passed);
      assert.deepEqual(state.verdict, { state: 'passed', seen: 'It is green.' });
      while (api.watching > 0) await new Promise((resolve) => setImmediate(resolve));
      api.put('ConfigMap', 'map', { data: { colour: 'red' } });
    }
  });

  test('a history that is over begins anew for another measurement, and its proof stays', async () => {
    const past: CheckSpec = { ...mapCheck, mode: 'history' };
    const { api, port, learner } = await setUp([past]);
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    await learner.sees(passed);
    api.put('ConfigMap', 'map', { data: { colour: 'red' } });
    learner.forget();
    learner.board.again('map');
    const { proven } = await learner.sees(waitsWith('The map is red.'));
    assert.equal(proven?.seen, 'It is green.');
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    await learner.sees(passed);
  });

  test('stopped, it leaves no watch behind', async () => {
    const { api, port, learner } = await setUp();
    learner.writeKubeconfig(port);
    learner.board.start();
    await learner.sees(waitsWith('There is no map.'));
    learner.board.stop();
    learner.forget();
    api.put('ConfigMap', 'map', { data: { colour: 'green' } });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(learner.board.running, false);
    assert.ok(!learner.board.states.some(passed));
  });
});
