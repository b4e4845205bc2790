// Who may speak to the lab: which addresses it answers at, which pages may ask, which browsers have opened it. Decides, and does
// nothing else. The table of threats behind each rule: docs/threat-model.md.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { LabErrorCode } from '../protocol/errors.ts';
import { limits } from './config.ts';

export interface GateOptions {
  port: number;
  /** Besides localhost: `Config.origins`. */
  origins: readonly string[];
  cookieKey: string;
  launchSecret: string;
  now?: () => number;
}

/** What a page shows besides its cookie. It lives in the page's own storage, which another port cannot read; cookies can be. */
export const KEY_HEADER = 'x-meshproof-key';

const ONE_TIME_CODE_MS = 60_000;

export class Gate {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #options: GateOptions;
  readonly #cookie: string;
  readonly #now: () => number;
  readonly #oneTime = new Map<string, number>();

  constructor(options: GateOptions) {
    const { port, origins, cookieKey } = options;
    const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `http://${name}:${port}`);
    this.#origins = new Set([...own, ...origins]);
    this.#hosts = new Set([...this.#origins].map((origin) => new URL(origin).host));
    this.#options = options;
    // Cookies are shared by all ports of a host, so the name says whose it is, and is not to be guessed by a neighbour.
    this.#cookie = `meshproof-${port}-${mac(cookieKey, 'name').slice(0, 8)}`;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A page that was rebound to us by DNS still carries its own name. */
  refusesHost(headers: IncomingHttpHeaders): LabErrorCode | undefined {
    return this.#hosts.has(headers.host ?? '') ? undefined : 'LAB_HOST';
  }

  /** Pages of other origins are refused, and so is whoever wants to change something without saying where it comes from. */
  refusesOrigin(headers: IncomingHttpHeaders, changes: boolean): LabErrorCode | undefined {
    const { origin, 'sec-fetch-site': site } = headers;
    if (origin === undefined ? changes : !this.#origins.has(origin)) return 'LAB_ORIGIN';
    // A browser tells a page's own requests from those of its neighbours on other ports.
    if (site !== undefined && site !== 'same-origin' && (changes || site !== 'none'))
      return 'LAB_ORIGIN';
    return undefined;
  }

  /** The browser that has opened the lab, by its cookie and its page's key; both, and of the same browser. */
  browser(headers: IncomingHttpHeaders, key: string | undefined): string | undefined {
    const browser = this.browserOfCookie(headers);
    return browser !== undefined && key !== undefined && equal(key, this.#keyOf(browser))
      ? browser
      : undefined;
  }

  /** The browser of a cookie that we signed: enough only where a ticket must follow, since cookies are shared between ports. */
  browserOfCookie({ cookie = '' }: IncomingHttpHeaders): string | undefined {
    for (const part of cookie.split(';')) {
      const [name, value = ''] = part.trim().split('=');
      if (name !== this.#cookie) continue;
      const [browser = '', signature = ''] = value.split('.');
      if (equal(signature, this.#sign(browser))) return browser;
    }
    return undefined;
  }

  /** What a browser that shows the launch secret, or a one-time code, is given; undefined when it is neither. */
  admit(
    headers: IncomingHttpHeaders,
    secret: string,
  ): { cookies: string[]; key: string } | undefined {
    if (!equal(secret, this.#options.launchSecret) && !this.#useOneTimeCode(secret))
      return undefined;
    const browser = this.browserOfCookie(headers) ?? randomBytes(16).toString('base64url');
    const value = `${browser}.${this.#sign(browser)}`;
    const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
    return {
      key: this.#keyOf(browser),
      cookies: [
        `${this.#cookie}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${limits.cookieLifetimeS}${secure}`,
        this.presence(headers),
      ],
    };
  }

  /**
   * For every page that is served, and readable by it: here is a lab. So pages on a static host never ask for one. Holds no secret;
   * named by the port as the browser sees it.
   */
  presence({ host = '' }: IncomingHttpHeaders): string {
    const port = /:(\d+)$/.exec(host)?.[1] ?? 'default';
    return `meshproof-here-${port}=1; Path=/; SameSite=Strict`;
  }

  allowOnce(code: string): void {
    this.#oneTime.set(code, this.#now() + ONE_TIME_CODE_MS);
  }

  #useOneTimeCode(code: string): boolean {
    const until = this.#oneTime.get(code);
    this.#oneTime.delete(code);
    return until !== undefined && this.#now() <= until;
  }

  #sign(browser: string): string {
    return mac(this.#options.cookieKey, `cookie ${browser}`);
  }

  #keyOf(browser: string): string {
    return mac(this.#options.cookieKey, `page ${browser}`);
  }
}

function mac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** In a time that tells nothing of where they differ. */
function equal(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
