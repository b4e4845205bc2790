import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Io } from '../command.ts';
import { istioctl } from '../istioctl.ts';

/** A cluster of somebody else's: it has a version and a node, and remembers who wrote to it. */
const written: string[] = [];
const answers: Record<string, unknown> = {
  '/version': { major: '1', minor: '36', gitVersion: 'v1.36.1' },
  '/api/v1/nodes': { items: [{ status: { nodeInfo: { machineID: 'a real machine' } } }] },
};
const server = createServer(({ method = '', url = '' }, response) => {
  if (method !== 'GET') written.push(`${method} ${url}`);
  response.end(JSON.stringify(answers[url] ?? { items: [] }));
}).listen(0, '127.0.0.1');
const directory = mkdtempSync(join(tmpdir(), 'istioctl-'));
after(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function run(...words: string[]) {
  if (!server.listening) await once(server, 'listening');
  const kubeconfig = join(directory, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    kubeconfig,
    `clusters: [{name: work, cluster: {server: "http://127.0.0.1:${port}"}}]
contexts: [{name: work, context: {cluster: work}}]
current-context: work
`,
  );
  let err = '';
  const io: Io = {
    out: () => {},
    err: (text) => (err += text),
    readInput: async () => '',
    readLine: async () => undefined,
    interactive: false,
    env: { KUBECONFIG: kubeconfig },
  };
  return { exit: await istioctl(words, io), err };
}

test('a cluster that is not the embedded one is left as it is', async () => {
  const refusal = /Error: http:\/\/127\.0\.0\.1:\d+\/ is no embedded cluster of Meshproof/;
  for (const words of [
    ['install', '--set', 'profile=minimal', '-y'],
    ['uninstall', '--purge', '-y'],
  ]) {
    const { exit, err } = await run(...words);
    assert.equal(exit, 1);
    assert.match(err, refusal);
  }
  assert.deepEqual(written, []);
});
