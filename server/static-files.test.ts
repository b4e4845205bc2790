import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { staticFiles } from './static-files.ts';

test('a page that a new build has taken away breaks its own request and no other', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pages-'));
  writeFileSync(join(directory, 'index.html'), '<h1>here</h1>');
  writeFileSync(join(directory, 'gone.html'), '<h1>gone</h1>');
  const handler = staticFiles(directory, () => 'key=1');
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    rmSync(join(directory, 'gone.html'));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await assert.rejects(fetch(`${origin}/gone.html`).then((response) => response.text()));
    assert.equal(await (await fetch(`${origin}/`)).text(), '<h1>here</h1>');
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  }
});
