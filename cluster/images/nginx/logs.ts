// nginx' access and error logs: who writes where, at which level, in which form.

import type { Clock } from '../../clock.ts';
import { bytesOf } from '../../streams.ts';
import { FileError, type FileSystem } from '../../node/file-system.ts';
import { headerOf } from '../../network/http.ts';
import { nginxLogDate } from '../dates.ts';
import type { NginxRequest } from './request.ts';
import type { LogLevel, Settings } from './settings.ts';

const ranks: Readonly<Record<LogLevel, number>> = {
  debug: 7,
  info: 6,
  notice: 5,
  warn: 4,
  error: 3,
  crit: 2,
  alert: 1,
  emerg: 0,
};

export class Logs {
  readonly #files: FileSystem;
  readonly #clock: Clock;

  constructor(files: FileSystem, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  access(request: NginxRequest, { accessLogs }: Settings): void {
    for (const { path, format, condition } of accessLogs) {
      const wanted = condition?.(request);
      if (wanted === '' || wanted === '0') continue;
      this.#append(path, `${format(request)}\n`);
    }
  }

  /** An error of a request, with everything nginx says of it. */
  error(
    settings: Pick<Settings, 'errorLog'>,
    level: LogLevel,
    message: string,
    request: NginxRequest,
    upstream?: string,
  ): void {
    const { ip } = request.connection.remote;
    const host = headerOf(request.http.headers, 'host');
    const referrer = headerOf(request.http.headers, 'referer');
    const parts = [
      `*${request.connectionNumber} ${message}`,
      `client: ${ip}`,
      `server: ${request.serverName}`,
      `request: "${request.requestLine}"`,
      ...(upstream ? [`upstream: "${upstream}"`] : []),
      ...(host === undefined ? [] : [`host: "${host}"`]),
      ...(referrer === undefined ? [] : [`referrer: "${referrer}"`]),
    ];
    this.write(settings.errorLog, level, request.facts.pid, parts.join(', '));
  }

  /** A line of a process: `2026/11/22 10:32:05 [notice] 1#1: start worker processes`. */
  write(log: Settings['errorLog'], level: LogLevel, pid: number, message: string): void {
    if (ranks[level] > ranks[log.level]) return;
    const line = `${nginxLogDate(this.#clock.now())} [${level}] ${pid}#${pid}: ${message}\n`;
    this.#append(log.path, line);
  }

  #append(path: string, line: string): void {
    try {
      this.#files.appendFile(path, bytesOf(line));
    } catch (error) {
      // A full or vanished log stops no server; nginx too only counts such lines as lost.
      if (!(error instanceof FileError)) throw error;
    }
  }
}
