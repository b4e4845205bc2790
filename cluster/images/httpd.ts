// The image httpd: Apache as its image starts it, serving the files of htdocs.
// Of httpd.conf it reads Listen, ServerName, DocumentRoot and DirectoryIndex; it says so of any other directive.

import { FileError, type FileSystem } from '../node/file-system.ts';
import type { Image } from '../node/image.ts';
import type { Process, Program, Signal } from '../node/process.ts';
import { serveHttp } from '../network/http-server.ts';
import { keepsAlive } from '../network/http-message.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  headerOf,
} from '../network/http.ts';
import { type Connection, NetError } from '../network/network.ts';
import { bytesOf, nothing, readerOf, textOf } from '../streams.ts';
import { apacheLogDate, commonLogDate, httpDate } from './dates.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { normalizePath } from './nginx/request.ts';
import { alpinePrograms, debianPrograms, releaseFiles } from './userland.ts';

/** The last 2.4 release this image follows. Source: Apache's release announcements. */
const VERSION = '2.4.66';
const SERVER = `Apache/${VERSION} (Unix)`;
const ROOT = '/usr/local/apache2';
const CONFIGURATION = `${ROOT}/conf/httpd.conf`;

/** Apache's KeepAliveTimeout and MaxKeepAliveRequests. */
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_REQUESTS = 100;

interface Configuration {
  ports: number[];
  serverName: string | undefined;
  documentRoot: string;
  indexes: string[];
  ignored: { name: string; line: number }[];
}

const configurationText = `ServerRoot "${ROOT}"
Listen 80
ServerAdmin you@example.com
DocumentRoot "${ROOT}/htdocs"
DirectoryIndex index.html
ErrorLog /proc/self/fd/2
LogLevel warn
CustomLog /proc/self/fd/1 common
`;

/** Lines that set nothing a client could see here. */
const SILENT = new Set([
  'serverroot',
  'serveradmin',
  'errorlog',
  'loglevel',
  'customlog',
  'logformat',
  'loadmodule',
  'user',
  'group',
  'typesconfig',
  'addtype',
  'requestheader',
  'options',
  'allowoverride',
  'require',
]);

function readConfiguration(files: FileSystem): Configuration {
  const found: Configuration = {
    ports: [],
    serverName: undefined,
    documentRoot: `${ROOT}/htdocs`,
    indexes: ['index.html'],
    ignored: [],
  };
  for (const [at, raw] of textOf(files.readFile(CONFIGURATION)).split('\n').entries()) {
    const [name = '', ...words] = raw.trim().split(/\s+/);
    const value = (words[0] ?? '').replace(/^"|"$/g, '');
    if (name === '' || name.startsWith('#') || name.startsWith('<')) continue;
    switch (name.toLowerCase()) {
      case 'listen':
        found.ports.push(Number(value.replace(/^.*:/, '')));
        break;
      case 'servername':
        found.serverName = value;
        break;
      case 'documentroot':
        found.documentRoot = value;
        break;
      case 'directoryindex':
        found.indexes = words;
        break;
      default:
        if (!SILENT.has(name.toLowerCase())) found.ignored.push({ name, line: at + 1 });
    }
  }
  return found;
}

const httpdProgram: Program = async (process) => {
  const say = (text: string) => process.stderr.write(bytesOf(text));
  const args = process.argv.slice(1);
  if (args.includes('-v')) {
    await process.stdout.write(
      bytesOf(`Server version: ${SERVER}\nServer built:   Dec 11 2025 00:00:00\n`),
    );
    return 0;
  }
  let configuration: Configuration;
  try {
    configuration = readConfiguration(process.fs);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await say(
      `httpd: Could not open configuration file ${CONFIGURATION}: No such file or directory\n`,
    );
    return 1;
  }
  if (!configuration.serverName)
    await say(nameWarning(process.net.ip).repeat(args.includes('-t') ? 1 : 2));
  if (args.includes('-t')) {
    await say('Syntax OK\n');
    return 0;
  }
  return serveUntilTold(process, configuration, args);
};

function nameWarning(ip: string): string {
  return `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${ip}. Set the 'ServerName' directive globally to suppress this message\n`;
}

async function serveUntilTold(
  process: Process,
  configuration: Configuration,
  args: readonly string[],
): Promise<number> {
  const log = (module: string, level: string, words: string) =>
    process.stderr.write(
      bytesOf(
        `[${apacheLogDate(process.clock.now())}] [${module}:${level}] [pid ${process.pid}:tid ${process.pid}] ${words}\n`,
      ),
    );
  const connections = new Set<Connection>();
  try {
    for (const port of configuration.ports)
      process.net.listen(port, (connection) =>
        take(process, configuration, connection, connections),
      );
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await process.stderr.write(
      bytesOf(
        `(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:${configuration.ports[0] ?? 80}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`,
      ),
    );
    return 1;
  }
  for (const { name, line } of configuration.ignored)
    await log(
      'core',
      'warn',
      `"${name}" on line ${line} of ${CONFIGURATION} has no effect in this simulated cluster`,
    );
  await log('mpm_event', 'notice', `AH00489: ${SERVER} configured -- resuming normal operations`);
  await log(
    'core',
    'notice',
    `AH00094: Command line: 'httpd ${args.join(' ').replace('-DFOREGROUND', '-D FOREGROUND')}'`,
  );
  const signal = await told(process);
  if (signal === 'SIGWINCH') {
    await log('mpm_event', 'notice', 'AH00492: caught SIGWINCH, shutting down gracefully');
  } else {
    await log('mpm_event', 'notice', 'AH00491: caught SIGTERM, shutting down');
  }
  for (const connection of connections) connection.close();
  return 0;
}

function told(process: Process): Promise<Signal> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGWINCH'] as const)
      process.onSignal(signal, () => resolve(signal));
    process.signal.addEventListener('abort', () => reject(process.signal.reason as Error), {
      once: true,
    });
  });
}

function take(
  process: Process,
  configuration: Configuration,
  connection: Connection,
  connections: Set<Connection>,
): void {
  connections.add(connection);
  let left = KEEPALIVE_REQUESTS;
  serveHttp(
    connection,
    (request) => {
      const response = answer(process, configuration, request, --left);
      const size = headerOf(response.headers, 'content-length') ?? '-';
      const line = `${request.method} ${request.target} HTTP/${request.version}`;
      const entry = `${connection.remote.ip} - - [${commonLogDate(process.clock.now())}] "${line}" ${response.status} ${size === '0' ? '-' : size}\n`;
      // Written beside the answer: a reader of the log never keeps a client waiting.
      process.stdout.write(bytesOf(entry)).catch(() => {});
      return Promise.resolve(response);
    },
    {
      requests: KEEPALIVE_REQUESTS,
      idle: { clock: process.clock, ms: KEEPALIVE_MS },
      refuse: (status) => errorResponse(process, status, []),
    },
  )
    .catch((error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      process.stderr
        .write(bytesOf(`httpd: this simulated server failed: ${words}\n`))
        .catch(() => {});
    })
    .finally(() => connections.delete(connection));
}

function answer(
  process: Process,
  { documentRoot, indexes }: Configuration,
  request: HttpRequest,
  left: number,
): HttpResponse {
  const kept = persistence(request, left);
  const path = normalizePath(request.target.replace(/\?.*$/s, ''));
  if (path === undefined) return errorResponse(process, 400, kept);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return errorResponse(process, 405, kept);
  const { fs } = process;
  const file = documentRoot + path;
  try {
    if (fs.stat(file)?.type !== 'directory') return fileResponse(process, file, kept);
    if (!path.endsWith('/')) return movedResponse(process, request, path, kept);
    for (const index of indexes)
      if (fs.stat(file + index)?.type === 'file') return fileResponse(process, file + index, kept);
    return listing(process, path, fs.list(file), kept);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return errorResponse(process, error.code === 'EACCES' ? 403 : 404, kept);
  }
}

/** Apache says how a connection goes on only to those who asked. */
function persistence(request: HttpRequest, left: number): HttpHeaders {
  if (!keepsAlive(request.version, request.headers)) return [['Connection', 'close']];
  if (!headerOf(request.headers, 'connection')) return [];
  return [
    ['Keep-Alive', `timeout=${KEEPALIVE_MS / 1000}, max=${left}`],
    ['Connection', 'Keep-Alive'],
  ];
}

function fileResponse(process: Process, path: string, kept: HttpHeaders): HttpResponse {
  const info = process.fs.stat(path);
  const bytes = process.fs.readFile(path);
  const micros = Math.floor((info?.modifiedAt ?? 0) * 1000);
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return whole(
    process,
    200,
    'OK',
    bytes,
    kept,
    [
      ['Last-Modified', httpDate(info?.modifiedAt ?? 0)],
      ['ETag', `"${bytes.length.toString(16)}-${micros.toString(16)}"`],
      ['Accept-Ranges', 'bytes'],
    ],
    types[extension] ?? 'text/plain',
  );
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  json: 'application/json',
  txt: 'text/plain',
  png: 'image/png',
  svg: 'image/svg+xml',
};

function whole(
  process: Process,
  status: number,
  reason: string,
  bytes: Uint8Array,
  kept: HttpHeaders,
  more: HttpHeaders,
  type: string,
): HttpResponse {
  return {
    version: '1.1',
    status,
    reason,
    headers: [
      ['Date', httpDate(process.clock.now())],
      ['Server', SERVER],
      ...more,
      ['Content-Length', String(bytes.length)],
      ...kept,
      ['Content-Type', type],
    ],
    body: bytes.length > 0 ? readerOf(bytes) : nothing,
  };
}

const errors: Readonly<Record<number, { title: string; words: string }>> = {
  400: {
    title: 'Bad Request',
    words: 'Your browser sent a request that this server could not understand.<br />\n',
  },
  403: { title: 'Forbidden', words: "You don't have permission to access this resource." },
  404: { title: 'Not Found', words: 'The requested URL was not found on this server.' },
  405: { title: 'Method Not Allowed', words: 'The requested method is not allowed for this URL.' },
  413: {
    title: 'Request Entity Too Large',
    words: 'The request body exceeds what this server takes.',
  },
};

function errorResponse(process: Process, status: number, kept: HttpHeaders): HttpResponse {
  const { title, words } = errors[status] ?? { title: 'Bad Request', words: '' };
  const allow: HttpHeaders = status === 405 ? [['Allow', 'GET,POST,OPTIONS,HEAD']] : [];
  const page = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${words}</p>\n</body></html>\n`;
  return whole(process, status, title, bytesOf(page), kept, allow, 'text/html; charset=iso-8859-1');
}

function movedResponse(
  process: Process,
  request: HttpRequest,
  path: string,
  kept: HttpHeaders,
): HttpResponse {
  const location = `http://${headerOf(request.headers, 'host') ?? process.net.ip}${path}/`;
  const page = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>301 Moved Permanently</title>\n</head><body>\n<h1>Moved Permanently</h1>\n<p>The document has moved <a href="${location}">here</a>.</p>\n</body></html>\n`;
  return whole(
    process,
    301,
    'Moved Permanently',
    bytesOf(page),
    kept,
    [['Location', location]],
    'text/html; charset=iso-8859-1',
  );
}

function listing(
  process: Process,
  path: string,
  names: readonly string[],
  kept: HttpHeaders,
): HttpResponse {
  const items = names.map((name) => `<li><a href="${encodeURI(name)}"> ${name}</a></li>\n`);
  const parent = path === '/' ? '' : '<li><a href="../"> Parent Directory</a></li>\n';
  const page = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n  <title>Index of ${path}</title>\n </head>\n <body>\n<h1>Index of ${path}</h1>\n<ul>${parent}${items.join('')}</ul>\n</body></html>\n`;
  return whole(process, 200, 'OK', bytesOf(page), kept, [], 'text/html;charset=ISO-8859-1');
}

const foreground: Program = (process) => process.exec(['httpd', '-DFOREGROUND']);

function httpdImage(tag: string): Image | undefined {
  const match = /^(latest|2|2\.4|2\.4\.(\d+))?-?(alpine|bookworm|trixie)?$/.exec(tag);
  if (!match || tag === '' || Number(match[2] ?? 0) > Number(VERSION.split('.')[2]))
    return undefined;
  const alpine = match[3] === 'alpine';
  return {
    repository: 'httpd',
    tags: [tag],
    entrypoint: [],
    cmd: ['httpd-foreground'],
    env: {
      PATH: `${ROOT}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HTTPD_PREFIX: ROOT,
      HTTPD_VERSION: VERSION,
    },
    workingDir: ROOT,
    user: { uid: 0, gid: 0, name: 'root', home: '/root' },
    stopSignal: 'SIGWINCH',
    size: alpine ? 21_600_000 : 45_200_000,
    memory: 6 * 1024 * 1024,
    files: {
      ...releaseFiles(alpine ? 'alpine' : 'trixie', [
        { name: 'www-data', uid: 33, gid: 33, home: '/var/www' },
      ]),
      [CONFIGURATION]: configurationText,
      [`${ROOT}/htdocs/index.html`]: '<html><body><h1>It works!</h1></body></html>\n',
      [`${ROOT}/logs`]: { directory: true },
    },
    programs: {
      ...(alpine ? alpinePrograms() : debianPrograms()),
      [`${ROOT}/bin/httpd`]: httpdProgram,
      '/usr/local/bin/httpd-foreground': foreground,
    },
  };
}

export const httpd: ImageFamily = imageFamily('httpd', ['latest', '2.4', 'alpine'], httpdImage);
