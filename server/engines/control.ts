// The door of `meshproof cluster …`: a Unix socket in the workspace that takes a verb and tells how it goes, line by line.
// One verb at a time: a second one waits, and then finds the work done. Knows nothing of what an engine is.

import { chmod, mkdir, stat, unlink } from 'node:fs/promises';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import {
  CONTROL_LINE_BYTES,
  type ControlReply,
  type ControlRequest,
  controlVerbs,
  parseControlRequest,
} from '../../protocol/control.ts';
import { limits } from '../config.ts';
import { type Engine, EngineError, type Outcome, type Progress } from './engine.ts';

export interface ControlOptions {
  path: string;
  engine: Engine;
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export class ControlSocket {
  readonly #server: Server;
  readonly #options: ControlOptions;
  readonly #sockets = new Set<Socket>();
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: ControlOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = limits.controlConnections;
  }

  /** Rejects with a sentence when another Meshproof serves this workspace. A socket that a dead one left is replaced. */
  static async listen(options: ControlOptions): Promise<ControlSocket> {
    const control = new ControlSocket(options);
    await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
    // Below a shared temporary directory somebody else may have made it first, to listen in our place.
    const { uid, mode } = await stat(dirname(options.path));
    if (uid !== userInfo().uid || mode & 0o002)
      throw new Error(
        `${dirname(options.path)} is not this user's alone: remove it, then start again`,
      );
    try {
      await control.#listen();
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE')) throw error;
      if (await answers(options.path))
        throw new Error(
          `another Meshproof serves this workspace already (${options.path}): stop it first, or set MESHPROOF_HOME to another directory`,
          { cause: error },
        );
      await unlink(options.path);
      await control.#listen();
    }
    await chmod(options.path, 0o600);
    return control;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // The command was stopped with Ctrl-C: what it asked for goes on, and the next one finds it.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(limits.controlRequestMs, () => socket.destroy());
    let text = '';
    socket.setEncoding('utf8');
    const read = (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end === -1 && text.length <= CONTROL_LINE_BYTES) return;
      socket.off('data', read);
      socket.resume();
      socket.setTimeout(0);
      void this.#answer(socket, end === -1 ? '' : text.slice(0, end));
    };
    socket.on('data', read);
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    const reply = (message: ControlReply) => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    };
    const request = parseControlRequest(line);
    const last = request
      ? await this.#inTurn(() => this.#run(request, reply))
      : failed(
          new EngineError('ENGINE_REQUEST', `The request was none of ${controlVerbs.join(', ')}.`),
        );
    reply(last);
    socket.end();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {}); // Whoever asked gets the error; the next one gets its turn.
    return turn;
  }

  async #run(
    request: ControlRequest,
    reply: (message: ControlReply) => void,
  ): Promise<ControlReply> {
    const { engine, log } = this.#options;
    let stage: string | undefined;
    const endStage = () => {
      if (stage !== undefined) reply({ kind: 'stage', name: stage, state: 'done' });
      stage = undefined;
    };
    const progress: Progress = {
      title: (text) => reply({ kind: 'title', text }),
      stage: (name) => {
        endStage();
        stage = name;
        reply({ kind: 'stage', name, state: 'begun' });
      },
    };
    try {
      const { say, running } = await perform(engine, request, progress);
      endStage();
      return { kind: 'done', text: say, running };
    } catch (error) {
      if (error instanceof EngineError) return failed(error);
      log(
        'error',
        `cluster ${request.verb}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      return failed(new EngineError('ENGINE_INTERNAL', `cluster ${request.verb} failed.`));
    }
  }
}

function perform(
  engine: Engine,
  { verb, name = '' }: ControlRequest,
  progress: Progress,
): Promise<Outcome> {
  switch (verb) {
    case 'up':
      return engine.up(progress);
    case 'down':
      return engine.down(progress);
    case 'reset':
      return engine.reset(progress);
    case 'status':
      return engine.status();
    case 'save':
      return engine.save(name, progress);
    case 'restore':
      return engine.restore(name, progress);
  }
}

function failed(error: EngineError): ControlReply {
  return { kind: 'failed', code: error.code, text: error.message };
}

/** Whether somebody listens at the other end. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
