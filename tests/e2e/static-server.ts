// Any static host, as small as it can be: files, their compressed twins, a 404 page. No lab.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sirv from 'sirv';

export interface StaticSite {
  /** Without a slash at its end. */
  origin: string;
  close(): Promise<void>;
}

/** @param base where the site lies on the host: `/` or `/course` */
export async function serveStatic(directory: string, base = '/'): Promise<StaticSite> {
  const notFound = join(directory, '404.html');
  const files = sirv(directory, { brotli: true, gzip: true, etag: true, dev: false });
  const prefix = base.replace(/\/$/, '');
  const server = createServer((request, response) => {
    const outside = () => {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' });
      response.end(existsSync(notFound) ? readFileSync(notFound) : 'not found');
    };
    if (!request.url?.startsWith(`${prefix}/`)) return outside();
    request.url = request.url.slice(prefix.length);
    files(request, response, outside);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
