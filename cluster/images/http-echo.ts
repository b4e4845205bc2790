// The image hashicorp/http-echo: answers every request with one text. docs/adding-an-image.md explains this file.

import { serveHttp, textResponse } from '../network/http-server.ts';
import { headerOf } from '../network/http.ts';
import type { Image } from '../node/image.ts';
import type { Process, Program } from '../node/process.ts';
import { bytesOf } from '../streams.ts';
import { httpDate, nginxLogDate } from './dates.ts';
import { singleImage } from './family.ts';

const VERSION = '1.0.0';

const program: Program = async (process) => {
  const options = parse(process.argv.slice(1));
  const text = options.get('text') ?? process.env.get('ECHO_TEXT');
  if (text === undefined) {
    await process.stderr.write(bytesOf('Missing -text option!\n'));
    return 127;
  }
  const port = Number((options.get('listen') ?? ':5678').replace(/^.*:/, ''));
  process.net.listen(port, (connection) => {
    const served = serveHttp(connection, async (request) => {
      const agent = headerOf(request.headers, 'user-agent') ?? '';
      const { ip, port: from } = connection.remote;
      log(
        process,
        `${process.net.hostname} ${ip}:${from} "${request.method} ${request.target} HTTP/${request.version}" 200 ${text.length + 1} "${agent}"`,
      );
      return textResponse(200, `${text}\n`, [
        ['X-App-Name', 'http-echo'],
        ['X-App-Version', VERSION],
        ['Date', httpDate(process.clock.now())],
        ['Content-Type', 'text/plain; charset=utf-8'],
      ]);
    });
    served.catch((error: unknown) => log(process, `[ERR] ${String(error)}`));
  });
  log(process, `[INFO] server is listening on :${port}`);
  await new Promise<void>((resolve, reject) => {
    process.onSignal('SIGTERM', resolve);
    process.onSignal('SIGINT', resolve);
    process.signal.addEventListener('abort', () => reject(process.signal.reason as Error));
  });
  log(process, '[INFO] received signal, shutting down');
  return 0;
};

/** `-text=hello` and `-text hello`. */
function parse(args: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const [, name, value] = /^--?(\w+)(?:=(.*))?$/s.exec(args[at] ?? '') ?? [];
    if (name !== undefined) options.set(name, value ?? args[++at] ?? '');
  }
  return options;
}

function log(process: Process, line: string): void {
  const stamped = bytesOf(`${nginxLogDate(process.clock.now())} ${line}\n`);
  // Nobody waits for a log line, and a closed log is no reason to stop.
  process.stdout.write(stamped).catch(() => {});
}

const image: Image = {
  repository: 'hashicorp/http-echo',
  tags: ['latest', '1.0', '1.0.0'],
  entrypoint: ['/http-echo'],
  cmd: [],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  workingDir: '/',
  user: { uid: 65532, gid: 65532, name: 'nonroot', home: '/home/nonroot' },
  stopSignal: 'SIGTERM',
  size: 3_200_000,
  files: {},
  programs: { '/http-echo': program },
};

export const httpEcho = singleImage(image);
