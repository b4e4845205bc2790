// `fortio server`: the echo server with its debug page, TCP echo, and the redirector to https.
// What else the real one serves (its pages, gRPC, UDP) says that it is not simulated.

import type { HttpHeaders, HttpRequest, HttpResponse } from '../../network/http.ts';
import { headerOf } from '../../network/http.ts';
import { reasonOf, serveHttp } from '../../network/http-server.ts';
import { mayHaveBody } from '../../network/http-message.ts';
import { type Connection, NetError } from '../../network/network.ts';
import type { Process } from '../../node/process.ts';
import { BrokenPipe, bytesOf, nothing, readAll, readerOf, textOf } from '../../streams.ts';
import { httpDate } from '../dates.ts';
import { type EchoLimits, echoArguments } from './echo-arguments.ts';
import type { Flags } from './flags.ts';
import { duration } from './go-text.ts';
import type { Log } from './log.ts';
import { randomBytes } from './request.ts';

const UI_PATH = '/fortio/';
/** Bytes of a body the debug page shows. */
const SHOWN_BYTES = 512;

interface EchoServer {
  process: Process;
  log: Log;
  /** As `fortio buildinfo` begins. */
  build: string;
  debugPath: string;
  defaults: string;
  limits: EchoLimits;
  startedAt: number;
}

export async function serve(
  process: Process,
  flags: Flags,
  log: Log,
  release: string,
  build: string,
): Promise<number> {
  const server: EchoServer = {
    process,
    log,
    build,
    debugPath: flags.text('echo-debug-path'),
    defaults: flags.text('echo-server-default-params'),
    limits: {
      delayMs: flags.duration('max-echo-delay'),
      size: flags.number('maxpayloadsizekb') * 1024,
    },
    startedAt: process.clock.now(),
  };
  const say = (message: string) => log.write({ level: 'Info', message });
  const listen = async (flag: string, name: string, accept: (connection: Connection) => void) => {
    const given = flags.text(flag);
    if (given === 'disabled') return true;
    const port = Number(given.replace(/^.*:/, ''));
    try {
      process.net.listen(port, accept);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      await log.write({
        level: 'Critical',
        message: `Can't listen to tcp socket ${given} (:${port}) for ${name}: listen tcp :${port}: bind: address already in use`,
        place: { file: 'network.go', line: 142 },
      });
      return false;
    }
    await say(`Fortio ${release} ${name} server listening on tcp [::]:${port}`);
    return true;
  };
  await listen('tcp-port', 'tcp-echo', (connection) => void echoBytes(connection));
  for (const [flag, name] of [
    ['udp-port', 'udp-echo'],
    ['grpc-port', 'grpc'],
  ] as const)
    if (flags.text(flag) !== 'disabled')
      await say(
        `the ${name} server on port ${flags.text(flag)} is not simulated in the embedded cluster`,
      );
  await listen('redirect-port', 'https redirector', (connection) => {
    answerAll(server, connection, (request) => Promise.resolve(redirect(server, request)));
  });
  const opened = await listen('http-port', 'http-echo', (connection) => {
    answerAll(server, connection, (request) => answer(server, request, connection));
  });
  if (!opened) return 1;
  if (flags.text('http-port') !== 'disabled')
    await process.stdout.write(
      bytesOf(
        `\t UI started - visit:\n\t\thttp://localhost:${flags.text('http-port')}${UI_PATH}\n\t (or any host/ip reachable on this server)\n`,
      ),
    );
  await log.write({
    level: 'Info',
    message: `All fortio ${build} servers started!`,
    place: { file: 'fortio_main.go', line: 300 },
  });
  await interrupted(process);
  await log.write({
    level: 'Warning',
    message: 'Interrupt received.',
    place: { file: 'cli.go', line: 287 },
  });
  return 0;
}

function interrupted(process: Process): Promise<void> {
  return new Promise((resolve, reject) => {
    process.onSignal('SIGTERM', resolve);
    process.onSignal('SIGINT', resolve);
    process.signal.addEventListener('abort', () => reject(process.signal.reason as Error), {
      once: true,
    });
  });
}

function answerAll(
  { log }: EchoServer,
  connection: Connection,
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): void {
  serveHttp(connection, handle).catch((error: unknown) =>
    log.write({ level: 'Error', message: `this simulated server failed: ${String(error)}` }),
  );
}

async function echoBytes({ input, output }: Connection): Promise<void> {
  try {
    for (let bytes = await input.read(); bytes; bytes = await input.read())
      await output.write(bytes);
  } catch (error) {
    // The client broke off: its own affair.
    if (!(error instanceof NetError || error instanceof BrokenPipe)) throw error;
  }
  output.end();
}

async function answer(
  server: EchoServer,
  request: HttpRequest,
  connection: Connection,
): Promise<HttpResponse> {
  const { process, debugPath } = server;
  const path = request.target.replace(/\?.*$/s, '');
  if (path.startsWith(UI_PATH))
    return goResponse(server, 501, {
      body: bytesOf(
        "fortio's pages are not simulated in the embedded cluster; use `fortio load`, or this server's other paths\n",
      ),
    });
  const query = request.target.includes('?')
    ? request.target.slice(request.target.indexOf('?') + 1)
    : server.defaults;
  const wanted = echoArguments(query, server.limits, () => process.random());
  const body = await readAll(request.body);
  if (wanted.delayMs > 0) await process.sleep(wanted.delayMs);
  const own = { headers: wanted.headers, close: wanted.close };
  if (debugPath !== '' && path === debugPath) {
    await logRequest(server, request, connection);
    const page = debugPage(server, request, connection, body);
    return goResponse(server, 200, { ...own, body: page, type: 'text/plain; charset=UTF-8' });
  }
  if (wanted.size !== undefined)
    return goResponse(server, wanted.status, {
      ...own,
      body: randomBytes(process, wanted.size),
      type: 'application/octet-stream',
    });
  const type = headerOf(request.headers, 'content-type');
  return goResponse(server, wanted.status, {
    ...own,
    body,
    ...(type === undefined ? {} : { type }),
  });
}

function redirect(server: EchoServer, request: HttpRequest): HttpResponse {
  const location = `https://${headerOf(request.headers, 'host') ?? ''}${request.target}`;
  return goResponse(server, 303, {
    headers: [['Location', location]],
    body: bytesOf(`<a href="${location}">See Other</a>.\n\n`),
    type: 'text/html; charset=utf-8',
  });
}

/** Headers as Go's net/http orders them: the handler's by name, then its own. */
function goResponse(
  { process }: EchoServer,
  status: number,
  {
    headers = [],
    body,
    type,
    close = false,
  }: { headers?: HttpHeaders; body: Uint8Array; type?: string; close?: boolean },
): HttpResponse {
  const named: HttpHeaders = [...headers].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const bodied = mayHaveBody('GET', status);
  const detected: HttpHeaders =
    type === undefined && bodied && body.length > 0 ? [['Content-Type', detectedType(body)]] : [];
  return {
    version: '1.1',
    status,
    reason: reasonOf(status) || `status code ${status}`,
    headers: [
      ...(type === undefined ? [] : ([['Content-Type', type]] as HttpHeaders)),
      ...named,
      ['Date', httpDate(process.clock.now())],
      ...(bodied ? ([['Content-Length', String(body.length)]] as HttpHeaders) : []),
      ...detected,
      ...(close ? ([['Connection', 'close']] as HttpHeaders) : []),
    ],
    body: bodied && body.length > 0 ? readerOf(body) : nothing,
  };
}

/** What Go takes a body for: text unless it holds bytes no text has. */
function detectedType(body: Uint8Array): string {
  const binary = body
    .subarray(0, 512)
    .some(
      (byte) => byte < 9 || byte === 11 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32),
    );
  return binary ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}

function logRequest({ log }: EchoServer, request: HttpRequest, { remote }: Connection) {
  return log.write({
    level: 'Info',
    message: 'Debug',
    routine: 0,
    attributes: {
      method: request.method,
      url: request.target,
      host: headerOf(request.headers, 'host') ?? '',
      proto: `HTTP/${request.version}`,
      remote_addr: `${remote.ip}:${remote.port}`,
      'user-agent': headerOf(request.headers, 'user-agent') ?? '',
    },
  });
}

/** Who asked what: the page behind /debug. */
function debugPage(
  { process, build, startedAt }: EchoServer,
  request: HttpRequest,
  { remote }: Connection,
  body: Uint8Array,
): Uint8Array {
  const up = duration(Math.round((process.clock.now() - startedAt) / 100) * 100);
  const headers = new Map<string, string[]>();
  for (const [name, value] of request.headers) {
    const key = name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    if (key !== 'Host') headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  const lines = [...headers.keys()]
    .sort()
    .map((name) => `\n${name}: ${(headers.get(name) ?? []).join(',')}`);
  const shown =
    body.length > SHOWN_BYTES
      ? `${body.length}: ${textOf(body.subarray(0, SHOWN_BYTES / 2))}...${textOf(body.subarray(-SHOWN_BYTES / 2))}`
      : textOf(body);
  return bytesOf(
    `Φορτίο version ${build} echo debug server up for ${up} on ${process.net.hostname} - request from ${remote.ip}:${remote.port}\n\n${request.method} ${request.target} HTTP/${request.version}\n\nheaders:\n\nHost: ${headerOf(request.headers, 'host') ?? ''}${lines.join('')}\n\nbody:\n\n${shown}\n`,
  );
}
