// The built pages, as files with the headers that browsers should hear: what may run in them, how long to keep them. Knows nothing of
// the lab, whose address comes in only for the policy.

import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { join, relative, sep } from 'node:path';
import sirv from 'sirv';

/** The site's build writes the hashes of scripts that stand in pages here; it holds nothing for pages. */
const INLINE_SCRIPTS_FILE = 'inline-scripts.json';
/** Pages with this element show a terminal. */
const TERMINAL_ELEMENT = '<terminal-dock';

/** For every answer, page or not. */
export const HEADERS_FOR_ALL: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), clipboard-read=(self), clipboard-write=(self)',
};

/** For answers that are no pages. */
export const POLICY_FOR_DATA = "default-src 'none'; frame-ancestors 'none'";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves `directory`; a cookie goes with every page. Reads the list of files once: a new build needs a new call. */
export function staticFiles(
  directory: string,
  cookieFor: (headers: IncomingHttpHeaders) => string,
): Handler {
  const policies = new Policies(directory);
  const notFound = optional(join(directory, '404.html')) ?? Buffer.from('Not found\n');
  const files = sirv(directory, {
    etag: true,
    gzip: true,
    brotli: true,
    setHeaders(response, pathname) {
      if (pathname.startsWith('/_astro/')) {
        // Their names hold a hash of what is in them.
        response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
        return;
      }
      response.setHeader('Cache-Control', 'no-cache');
      const policy = policies.of(pathname, response.req.headers.host);
      if (!policy) return;
      response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Set-Cookie', cookieFor(response.req.headers));
    },
  });
  const nothing = (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(404, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': policies.plain(request.headers.host),
      'Set-Cookie': cookieFor(request.headers),
    });
    response.end(request.method === 'HEAD' ? undefined : notFound);
  };
  return (request, response) => {
    // A build in the meantime has taken the file away: its head is sent already, so all that is left is to break off.
    response.once('pipe', (file) => file.once('error', (error) => response.destroy(error)));
    if (request.url?.startsWith(`/${INLINE_SCRIPTS_FILE}`)) nothing(request, response);
    else files(request, response, () => nothing(request, response));
  };
}

/** What a page may run, load and talk to: its own origin, and the scripts whose hashes the build wrote down. */
class Policies {
  readonly #scripts: string;
  /** Paths of all pages; true where a terminal is shown. */
  readonly #pages = new Map<string, boolean>();

  constructor(directory: string) {
    const hashes = optional(join(directory, INLINE_SCRIPTS_FILE))?.toString('utf8') ?? '[]';
    // Pagefind's index is read by WebAssembly.
    const allowed = (JSON.parse(hashes) as string[]).map((hash) => `'${hash}'`);
    this.#scripts = ["'self'", "'wasm-unsafe-eval'", ...allowed].join(' ');
    for (const file of pagesBelow(directory)) {
      const path = `/${relative(directory, file).split(sep).join('/')}`;
      this.#pages.set(path, readFileSync(file, 'utf8').includes(TERMINAL_ELEMENT));
    }
  }

  /** Undefined when the path is no page. */
  of(path: string, host: string | undefined): string | undefined {
    const base = path.replace(/\/$/, '');
    const page = [path, `${base}.html`, `${base}/index.html`].find((name) => this.#pages.has(name));
    return page === undefined ? undefined : this.#policy(host, this.#pages.get(page) ?? false);
  }

  plain(host: string | undefined): string {
    return this.#policy(host, false);
  }

  #policy(host = '', terminal: boolean): string {
    // xterm draws with style elements and attributes of its own; no other page needs that.
    const styles = terminal ? "'self' 'unsafe-inline'" : "'self'";
    return [
      "default-src 'none'",
      `script-src ${this.#scripts}`,
      `style-src ${styles}`,
      "img-src 'self' data:",
      "font-src 'self'",
      // Some browsers do not count a WebSocket of the same origin as 'self'. The gate has checked the host.
      `connect-src 'self' ws://${host} wss://${host}`,
      "manifest-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join('; ');
  }
}

function pagesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function optional(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
