// The holder: owns the learners' terminals, and keeps the web server and the clusters' process alive beside it. When one of them dies,
// terminals go on; when the holder ends, everything it started ends with it. Knows nothing of pages, checks or clusters.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { labError } from '../../protocol/errors.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';
import type { Answer, Ask, FromEngines, FromWeb, ToWeb } from '../../protocol/processes.ts';
import { frameLimits, TERMINAL_PROTOCOL } from '../../protocol/terminal.ts';
import { clustersFlags, limits } from '../config.ts';
import type { Config } from '../config.ts';
import { installationOf, sandboxed } from '../terminal/sandbox.ts';
import type { Shell } from '../terminal/session.ts';
import { Terminals } from '../terminal/terminals.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { Child } from './child.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Seconds after which a page that was refused for want of room may ask again. */
const RETRY_AFTER_S = 5;

/** A web server that dies so often before it has ever served a page will not. */
const FIRST_TRIES = 3;

export interface HolderOptions {
  config: Config;
  /** Signs the browsers' cookies. */
  cookieKey: string;
  openWorkspace: (learner: string) => Promise<Workspace>;
  env: Record<string, string | undefined>;
  log: (message: string) => void;
  /** The web server's script; tests bring their own. */
  web?: string;
  /** The clusters' process; undefined where there is none. */
  engines?: string | undefined;
}

/** The port is somebody else's. */
export class PortTaken extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`port ${port} is in use`);
    this.port = port;
  }
}

export class Holder {
  readonly #options: HolderOptions;
  readonly #launchSecret = randomBytes(16).toString('base64url');
  readonly #terminals: Terminals;
  readonly #sockets: WebSocketServer;
  readonly #workspaces = new Map<string, Promise<Workspace>>();
  /** What each learner's engine last said: a new web server has to know. */
  readonly #engines = new Map<string, FromEngines>();
  /** The last receipts: one that was made while no web server ran is not lost. */
  readonly #receipts: Extract<ToWeb, { kind: 'receipt' }>[] = [];
  #web: Child<FromWeb, ToWeb> | undefined;
  #clusters: Child<FromEngines, never> | undefined;
  #port: number;
  #stopped: Promise<void> | undefined;

  private constructor(options: HolderOptions) {
    this.#options = options;
    this.#port = options.config.port;
    this.#terminals = new Terminals({
      shell: (learner, id) => this.#shell(learner, id),
      log: options.log,
      ran: (learner, receipt) => this.#tellReceipt({ kind: 'receipt', learner, receipt }),
    });
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false, // a terminal's bytes are many and fresh: compressing costs more than it saves
      maxPayload: frameLimits.outputBytes,
      handleProtocols: (offered) => offered.has(TERMINAL_PROTOCOL) && TERMINAL_PROTOCOL,
    });
  }

  /** Resolves once pages are served. Rejects with PortTaken, and then nothing is left running. */
  static async start(options: HolderOptions): Promise<Holder> {
    const holder = new Holder(options);
    try {
      await holder.#workspace(options.config.learner);
      await holder.#listen();
      return holder;
    } catch (error) {
      await holder.stop();
      throw error;
    }
  }

  /** The one link: whoever has it, has the lab. Valid for as many browsers as its owner likes, while this process lives. */
  get url(): string {
    return `${this.origin}/#lab=${this.#launchSecret}`;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get webPid(): number | undefined {
    return this.#web?.pid;
  }

  /** A link for one browser, once, within a minute. */
  oneTimeUrl(): string {
    const code = randomBytes(16).toString('base64url');
    this.#web?.send({ kind: 'one-time code', code });
    return `${this.origin}/#lab=${code}`;
  }

  /** Ends everything that was started, and resolves once nothing is left. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    await Promise.all([this.#web?.stop(), this.#clusters?.stop(), this.#terminals.end()]);
    this.#sockets.close();
  }

  #listen(): Promise<void> {
    const { env, log, web = here('../main.ts'), engines } = this.#options;
    return new Promise((resolve, reject) => {
      let tries = 0;
      this.#web = new Child<FromWeb, ToWeb>({
        name: 'The web server',
        script: web,
        env,
        log,
        started: () => this.#greetWeb(),
        message: (message, handle) => {
          if (message.kind === 'listening') {
            this.#port = message.port;
            tries = -Infinity; // from now on it may die as often as it likes
            resolve();
          } else if (message.kind === 'cannot listen') {
            const taken = message.code === 'EADDRINUSE';
            reject(
              taken ? new PortTaken(this.#port) : new Error(`port ${this.#port}: ${message.code}`),
            );
          } else {
            this.#fromWeb(message, handle);
          }
        },
        ended: () => {
          if (++tries >= FIRST_TRIES) reject(new Error('the web server does not start: see above'));
        },
      });
      this.#web.start();
      this.#startClusters(engines ?? here('../engines/main.ts'));
    });
  }

  #startClusters(script: string): void {
    if (!existsSync(script)) return;
    const { env, log } = this.#options;
    this.#clusters = new Child<FromEngines, never>({
      name: "The clusters' process",
      script,
      flags: clustersFlags,
      env,
      log,
      started: () => {},
      message: (message) => this.#fromEngines(message),
    });
    this.#clusters.start();
  }

  #greetWeb(): void {
    const { config, cookieKey } = this.#options;
    this.#web?.send({
      kind: 'start',
      port: this.#port,
      launchSecret: this.#launchSecret,
      cookieKey,
      learner: config.learner,
    });
    for (const message of this.#engines.values()) this.#web?.send(message);
    for (const message of this.#receipts) this.#web?.send(message);
  }

  #tellReceipt(message: Extract<ToWeb, { kind: 'receipt' }>): void {
    this.#receipts.push(message);
    if (this.#receipts.length > limits.receiptsTold) this.#receipts.shift();
    this.#web?.send(message);
  }

  #fromEngines(message: FromEngines): void {
    if (message.kind === 'engine') this.#engines.set(message.learner, message);
    this.#web?.send(message);
  }

  #fromWeb(message: Extract<FromWeb, { kind: 'ask' | 'upgrade' }>, handle: unknown): void {
    if (message.kind === 'ask') {
      void this.#answer(message.ask).then((answer) =>
        this.#web?.send({ kind: 'answer', id: message.id, answer }),
      );
    } else if (handle instanceof Socket) {
      this.#upgrade(message, handle);
    }
  }

  async #answer(ask: Ask): Promise<Answer> {
    try {
      return await this.#answerTo(ask);
    } catch (error) {
      this.#options.log(`${ask.ask}: ${String(error instanceof Error ? error.stack : error)}`);
      return { answer: 'error', code: 'LAB_INTERNAL' };
    }
  }

  async #answerTo(ask: Ask): Promise<Answer> {
    const { learner } = ask;
    switch (ask.ask) {
      case 'terminals':
        return { answer: 'terminals', terminals: this.#terminals.list(learner) };
      case 'open terminal': {
        const opened = await this.#terminals.open(learner, ask.name);
        return typeof opened === 'string'
          ? { answer: 'error', code: opened }
          : { answer: 'terminal', terminal: opened };
      }
      case 'rename terminal': {
        const renamed = this.#terminals.rename(learner, ask.session, ask.name);
        return typeof renamed === 'string'
          ? { answer: 'error', code: renamed }
          : { answer: 'terminal', terminal: renamed };
      }
      case 'close terminal': {
        const code = await this.#terminals.close(learner, ask.session);
        return code ? { answer: 'error', code } : { answer: 'closed' };
      }
      case 'ticket': {
        const issued = this.#terminals.ticket({ learner, browser: ask.browser }, ask.session);
        return typeof issued === 'string'
          ? { answer: 'error', code: issued }
          : { answer: 'ticket', ticket: issued.ticket };
      }
    }
  }

  /** The web server has checked Host, Origin and cookie. Nothing is created for the page before its first frame. */
  #upgrade({ request, head }: Extract<FromWeb, { kind: 'upgrade' }>, socket: Socket): void {
    socket.on('error', () => socket.destroy()); // it went away while it was handed over
    const { learner, browser } = request;
    const refused = this.#terminals.refuses(learner);
    if (refused) {
      refuse(socket, refused);
      return;
    }
    socket.setNoDelay(true);
    // ws reads method, url, headers and nothing else of a request.
    const asRequest = { ...request, socket } as unknown as IncomingMessage;
    this.#sockets.handleUpgrade(asRequest, socket, Buffer.from(head), (webSocket) =>
      this.#terminals.serve(webSocket, { learner, browser }),
    );
  }

  async #shell(learner: string, id: string): Promise<Shell> {
    const workspace = await this.#workspace(learner);
    const { directory, startDirectory, rcFile, env } = workspace;
    const bash = { file: 'bash', args: ['--rcfile', rcFile, '-i'] };
    const { shell, home } = this.#options.config;
    const place = {
      writable: [directory, dirname(workspace.controlSocket)],
      readable: [here('../..'), installationOf(process.execPath), join(home, 'tools')],
      env,
    };
    return {
      ...(shell === 'sandbox' ? sandboxed(bash, place) : bash),
      directory: existsSync(startDirectory) ? startDirectory : directory,
      env,
      historyFile: join(directory, '.meshproof/terminals', `${id}.output`),
    };
  }

  #workspace(learner: string): Promise<Workspace> {
    let workspace = this.#workspaces.get(learner);
    if (!workspace) {
      workspace = this.#options.openWorkspace(learner);
      this.#workspaces.set(learner, workspace);
      // One that failed is tried again by the next who asks.
      workspace.catch(() => this.#workspaces.delete(learner));
    }
    return workspace;
  }
}

function refuse(socket: Socket, code: LabErrorCode): void {
  const { status = 503, say } = labError(code);
  const body = JSON.stringify({ error: code, say });
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nConnection: close\r\nRetry-After: ${RETRY_AFTER_S}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** True when whoever listens there is a Meshproof, of another home or another user. */
export async function isMeshproof(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/lab/health`, {
      signal: AbortSignal.timeout(1_000),
    });
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'meshproof' in body;
  } catch {
    return false; // it speaks another language, or none
  }
}
