// The program of prometheus-config-reloader, which Istio's sample runs beside Prometheus: it looks at a folder and asks for a
// reload when something in it has changed. Source: the flags and readme of prometheus-operator's config reloader.

import { HttpError } from '../network/http-message.ts';
import { sendRequest } from '../network/http-client.ts';
import { serveHttp, textResponse } from '../network/http-server.ts';
import { NetError } from '../network/network.ts';
import { FileError, type FileSystem } from '../node/file-system.ts';
import type { Process, Program } from '../node/process.ts';
import { BrokenPipe, nothing, textOf } from '../streams.ts';
import { type Log, logTo } from './log.ts';

/** The real one is told by the kernel; looking once a second is as soon as anybody notices. */
const LOOK_MS = 1_000;
const USAGE = 2;

export const configReloader: Program = async (process) => {
  const flags = new Map(
    process.argv.slice(1).map((arg): [string, string] => {
      const [, name = '', value = ''] = /^--([^=]+)=?(.*)$/s.exec(arg) ?? [];
      return [name, value];
    }),
  );
  const folders = (flags.get('watched-dir') ?? '').split(',').filter((each) => each !== '');
  const url = /^http:\/\/([\d.]+|localhost):(\d+)(\/.*)$/.exec(
    flags.get('reload-url') ?? 'http://127.0.0.1:9090/-/reload',
  );
  const log = logTo(process, 'INFO');
  if (!url) {
    log('ERROR', 'Failed to run', {
      err: `--reload-url=${flags.get('reload-url') ?? ''}: the simulated reloader knows http://127.0.0.1:port/path`,
    });
    return USAGE;
  }
  const [, , port = '', path = ''] = url;
  let succeeded = 0;
  const listen = Number((flags.get('listen-address') ?? ':8080').replace(/^.*:/, ''));
  process.net.listen(listen, (connection) => {
    serveHttp(connection, ({ target }) =>
      Promise.resolve(
        target === '/metrics'
          ? textResponse(
              200,
              `# TYPE reloader_reload_operations_total counter\nreloader_reload_operations_total ${succeeded}\n`,
              [['Content-Type', 'text/plain; version=0.0.4']],
            )
          : textResponse(
              target === '/healthz' ? 200 : 404,
              target === '/healthz' ? 'OK' : '404 page not found\n',
            ),
      ),
    ).catch((error: unknown) => {
      if (!process.signal.aborted) log('ERROR', 'Web server failed', { err: String(error) });
    });
  });
  log('INFO', 'Starting web server for metrics', {
    listen: flags.get('listen-address') ?? ':8080',
  });
  const told = new Promise<'end'>((resolve) => {
    process.onSignal('SIGTERM', () => resolve('end'));
    process.onSignal('SIGINT', () => resolve('end'));
  });
  let seen: string | undefined;
  for (;;) {
    const now = folders.map((folder) => contentsOf(process.fs, folder)).join('\n');
    if (now !== seen && (await reload(process, Number(port), path, log))) {
      log('INFO', 'Reload triggered', { watched_dirs: folders.join(', ') });
      seen = now;
      succeeded++;
    }
    if ((await Promise.race([told, process.sleep(LOOK_MS)])) === 'end') return 0;
  }
};

async function reload(process: Process, port: number, path: string, log: Log): Promise<boolean> {
  try {
    const connection = await process.net.connect('127.0.0.1', port);
    try {
      const { status, body } = await sendRequest(connection, {
        method: 'POST',
        target: path,
        version: '1.1',
        headers: [
          ['Host', `127.0.0.1:${port}`],
          ['Content-Length', '0'],
          ['Connection', 'close'],
        ],
        body: nothing,
      });
      body.cancel();
      if (status === 200) return true;
      log('ERROR', 'Failed to trigger reload. Retrying.', {
        err: `received non-200 response: ${status}; have you set \`--web.enable-lifecycle\` Prometheus flag?`,
      });
    } finally {
      connection.close();
    }
  } catch (error) {
    if (!(error instanceof NetError || error instanceof HttpError || error instanceof BrokenPipe))
      throw error;
    log('ERROR', 'Failed to trigger reload. Retrying.', {
      err: `Post "http://127.0.0.1:${port}${path}": ${error.message.toLowerCase()}`,
    });
  }
  return false;
}

/** All files of a folder, as one text to compare. */
function contentsOf(files: FileSystem, folder: string): string {
  try {
    return files
      .list(folder)
      .filter((name) => files.stat(`${folder}/${name}`)?.type === 'file')
      .map((name) => `${name}\n${textOf(files.readFile(`${folder}/${name}`))}`)
      .join('\n');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return '';
  }
}
