// lab.term.v1: the frames between a page and one terminal, as bytes. Pure: both sides use it, neither is known here.
// Byte 0 is the type; numbers are big-endian; an offset is a u48 count of the bytes a pty has printed since its session began.

import type { LabErrorCode } from './errors.ts';

/** WebSocket subprotocol. A change that an older page could misread gets a new name. */
export const TERMINAL_PROTOCOL = 'lab.term.v1';

/** Where a page opens a terminal's socket. */
export const TERMINAL_PATH = '/lab/terminal';

const CLIENT = { hello: 0x00, input: 0x01, resize: 0x02, ack: 0x03, ping: 0x04, control: 0x05 };
const SERVER = {
  output: 0x80,
  ready: 0x81,
  snapshot: 0x82,
  exit: 0x83,
  pong: 0x84,
  notice: 0x85,
  mark: 0x86,
};

export const frameLimits = {
  /** A HELLO is one ticket, two ids and some numbers: 300 bytes. */
  helloBytes: 4 * 1024,
  /** One INPUT. Longer pastes travel in pieces, so that a Ctrl-C is never far behind. */
  inputBytes: 16 * 1024,
  controlBytes: 1024,
  /** One OUTPUT: a screenful many times over, yet drawn within a frame or two. */
  outputBytes: 64 * 1024,
  /** What a screen can be; wilder numbers are clamped, since a pty refuses 0 and programs allocate by them. */
  minColumns: 2,
  maxColumns: 500,
  minRows: 1,
  maxRows: 300,
} as const;

/** A page acknowledges what it has drawn after this many bytes, and whenever it has caught up. */
export const ACK_BYTES = 16 * 1024;

const MAX_OFFSET = 2 ** 48 - 1;

/** The first frame of a socket. */
export interface Hello {
  /** One-shot, from POST /lab/ticket. */
  ticket: string;
  session: string;
  /** The offset up to which this page has received output, or -1 when it shows nothing yet. */
  resume: number;
  /** The life of the session that `resume` counts in: READY tells it. */
  epoch: string;
  columns: number;
  rows: number;
  /** One random id for the life of a page: its own earlier socket is replaced without asking. */
  page: string;
  /** Take the keys from the page that has them now. */
  takeOver: boolean;
}

export type Control = 'restart' | 'takeover' | 'clear';

export type ClientFrame =
  | { kind: 'hello'; hello: Hello }
  | { kind: 'input'; bytes: Uint8Array }
  | { kind: 'resize'; columns: number; rows: number }
  /** Everything before `offset` is on the screen. */
  | { kind: 'ack'; offset: number }
  | { kind: 'ping'; token: number }
  | { kind: 'control'; control: Control };

export type Role = 'write' | 'watch';

export interface Ready {
  session: string;
  epoch: string;
  /** Where the session's output stands. */
  offset: number;
  /**
   * Bytes of input that it has taken from this page since the page got the keys: what is missing was lost on the way. -1 when
   * the keys were with another page since.
   */
  heard: number;
  columns: number;
  rows: number;
  /** `watch` while another page has the keys. */
  role: Role;
}

export interface Exit {
  code: number;
  /** 0 when no signal ended it. */
  signal: number;
  /** One sentence for the learner. */
  reason: string;
}

export type Notice =
  /**
   * `bytes` of output between what this page has and what follows are no longer kept. `modes` are sequences that bring a terminal
   * into the state in which what follows was printed.
   */
  | { kind: 'gap'; bytes: number; modes: string }
  /** The keys are this page's, or no longer. */
  | { kind: 'role'; role: Role }
  /** How many other pages see this terminal. */
  | { kind: 'watched'; watchers: number }
  /** Input was dropped, and why. */
  | { kind: 'input'; say: string };

/**
 * What shell integration says about the command line (OSC 133 and 633, as many terminals know them). A hint for the page: any
 * program can print these, so nothing is ever judged by them. `own` tells the marks of our rc file, by the session's nonce.
 */
export type Mark = {
  /** The offset right behind the sequence. */
  offset: number;
  /** Milliseconds since the epoch at which it was read. */
  at: number;
  own: boolean;
} & (
  | { mark: 'prompt' }
  | { mark: 'input' }
  /** A command begins to print; `previous` is the status of the one before it in the same block. */
  | { mark: 'command'; previous?: number }
  | { mark: 'done'; exit?: number }
  | { mark: 'line'; text: string }
  | { mark: 'cwd'; path: string }
);

export type ServerFrame =
  | { kind: 'output'; offset: number; bytes: Uint8Array }
  | { kind: 'ready'; ready: Ready }
  /** A whole screen as escape sequences, standing for all output before `offset`. */
  | { kind: 'snapshot'; offset: number; columns: number; rows: number; screen: Uint8Array }
  | { kind: 'exit'; exit: Exit }
  | { kind: 'pong'; token: number }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'mark'; mark: Mark };

/** Not a frame: the socket that sent it ends with this code. */
export interface Wrong {
  kind: 'wrong';
  code: Extract<LabErrorCode, `LAB_FRAME_${string}`>;
}

export function encodeClientFrame(frame: ClientFrame): Uint8Array {
  switch (frame.kind) {
    case 'hello': {
      const { columns: cols, rows, ...rest } = frame.hello;
      return json(CLIENT.hello, { ...rest, cols, rows });
    }
    case 'input':
      return tagged(CLIENT.input, frame.bytes);
    case 'resize': {
      const { bytes, view } = empty(CLIENT.resize, 4);
      view.setUint16(1, frame.columns);
      view.setUint16(3, frame.rows);
      return bytes;
    }
    case 'ack': {
      const { bytes, view } = empty(CLIENT.ack, 6);
      setOffset(view, 1, frame.offset);
      return bytes;
    }
    case 'ping':
      return number32(CLIENT.ping, frame.token);
    case 'control':
      return json(CLIENT.control, { control: frame.control });
  }
}

/** Trusts nothing: whatever the bytes are, the answer is a frame within its bounds or the code of what is wrong. */
export function decodeClientFrame(bytes: Uint8Array): ClientFrame | Wrong {
  const type = bytes[0];
  const length = bytes.length - 1;
  switch (type) {
    case undefined:
      return wrong('LAB_FRAME_EMPTY');
    case CLIENT.hello:
      if (length > frameLimits.helloBytes) return wrong('LAB_FRAME_TOO_BIG');
      return decodeHello(bytes);
    case CLIENT.input:
      if (length > frameLimits.inputBytes) return wrong('LAB_FRAME_TOO_BIG');
      if (length < 1) return wrong('LAB_FRAME_LENGTH');
      return { kind: 'input', bytes: bytes.subarray(1) };
    case CLIENT.resize:
      if (length !== 4) return wrong('LAB_FRAME_LENGTH');
      return {
        kind: 'resize',
        ...clampSize(viewOf(bytes).getUint16(1), viewOf(bytes).getUint16(3)),
      };
    case CLIENT.ack:
      if (length !== 6) return wrong('LAB_FRAME_LENGTH');
      return { kind: 'ack', offset: getOffset(viewOf(bytes), 1) };
    case CLIENT.ping:
      if (length !== 4) return wrong('LAB_FRAME_LENGTH');
      return { kind: 'ping', token: viewOf(bytes).getUint32(1) };
    case CLIENT.control: {
      if (length > frameLimits.controlBytes) return wrong('LAB_FRAME_TOO_BIG');
      const control = parse(bytes, 1)?.['control'];
      return control === 'restart' || control === 'takeover' || control === 'clear'
        ? { kind: 'control', control }
        : wrong('LAB_FRAME_JSON');
    }
    default:
      return wrong('LAB_FRAME_TYPE');
  }
}

export function encodeServerFrame(frame: Exclude<ServerFrame, { kind: 'output' }>): Uint8Array {
  switch (frame.kind) {
    case 'ready': {
      const { columns: cols, rows, ...rest } = frame.ready;
      return json(SERVER.ready, { ...rest, cols, rows });
    }
    case 'snapshot': {
      const { bytes, view } = empty(SERVER.snapshot, 10 + frame.screen.length);
      setOffset(view, 1, frame.offset);
      view.setUint16(7, frame.columns);
      view.setUint16(9, frame.rows);
      bytes.set(frame.screen, 11);
      return bytes;
    }
    case 'exit':
      return json(SERVER.exit, frame.exit);
    case 'pong':
      return number32(SERVER.pong, frame.token);
    case 'notice':
      return json(SERVER.notice, frame.notice);
    case 'mark':
      return json(SERVER.mark, frame.mark);
  }
}

/** Bytes before the output itself in an OUTPUT frame. */
export const OUTPUT_HEAD = 7;

/** Writes an OUTPUT frame's head into `frame`, whose output is written behind it by the caller: one copy less for each byte. */
export function writeOutputHead(frame: Uint8Array, offset: number): void {
  frame[0] = SERVER.output;
  setOffset(viewOf(frame), 1, offset);
}

export function decodeServerFrame(bytes: Uint8Array): ServerFrame | Wrong {
  const type = bytes[0];
  switch (type) {
    case undefined:
      return wrong('LAB_FRAME_EMPTY');
    case SERVER.output:
      if (bytes.length <= OUTPUT_HEAD) return wrong('LAB_FRAME_LENGTH');
      return {
        kind: 'output',
        offset: getOffset(viewOf(bytes), 1),
        bytes: bytes.subarray(OUTPUT_HEAD),
      };
    case SERVER.ready:
      return decodeReady(bytes);
    case SERVER.snapshot: {
      if (bytes.length < 11) return wrong('LAB_FRAME_LENGTH');
      const view = viewOf(bytes);
      return {
        kind: 'snapshot',
        offset: getOffset(view, 1),
        ...clampSize(view.getUint16(7), view.getUint16(9)),
        screen: bytes.subarray(11),
      };
    }
    case SERVER.exit:
      return decodeExit(bytes);
    case SERVER.pong:
      if (bytes.length !== 5) return wrong('LAB_FRAME_LENGTH');
      return { kind: 'pong', token: viewOf(bytes).getUint32(1) };
    case SERVER.notice:
      return decodeNotice(bytes);
    case SERVER.mark:
      return decodeMark(bytes);
    default:
      return wrong('LAB_FRAME_TYPE');
  }
}

export function clampSize(columns: number, rows: number): { columns: number; rows: number } {
  const { minColumns, maxColumns, minRows, maxRows } = frameLimits;
  return {
    columns: Math.min(maxColumns, Math.max(minColumns, columns)),
    rows: Math.min(maxRows, Math.max(minRows, rows)),
  };
}

function decodeHello(bytes: Uint8Array): ClientFrame | Wrong {
  const body = parse(bytes, 1);
  const { ticket, session, resume, epoch, cols, rows, page, takeOver } = body ?? {};
  if (
    !isId(ticket) ||
    !isId(session) ||
    !isId(page) ||
    !(isId(epoch) || epoch === '') ||
    !(resume === -1 || isOffset(resume)) ||
    !isOffset(cols) ||
    !isOffset(rows) ||
    typeof takeOver !== 'boolean'
  ) {
    return wrong('LAB_FRAME_JSON');
  }
  const size = clampSize(cols, rows);
  return { kind: 'hello', hello: { ticket, session, resume, epoch, page, takeOver, ...size } };
}

function decodeReady(bytes: Uint8Array): ServerFrame | Wrong {
  const { session, epoch, offset, heard, cols, rows, role } = parse(bytes, 1) ?? {};
  if (
    !isId(session) ||
    !isId(epoch) ||
    !isOffset(offset) ||
    !(heard === -1 || isOffset(heard)) ||
    !isOffset(cols) ||
    !isOffset(rows) ||
    !isRole(role)
  ) {
    return wrong('LAB_FRAME_JSON');
  }
  return {
    kind: 'ready',
    ready: { session, epoch, offset, heard, role, ...clampSize(cols, rows) },
  };
}

function decodeExit(bytes: Uint8Array): ServerFrame | Wrong {
  const { code, signal, reason } = parse(bytes, 1) ?? {};
  if (typeof code !== 'number' || typeof signal !== 'number' || typeof reason !== 'string') {
    return wrong('LAB_FRAME_JSON');
  }
  return { kind: 'exit', exit: { code, signal, reason } };
}

function decodeNotice(bytes: Uint8Array): ServerFrame | Wrong {
  const body = parse(bytes, 1) ?? {};
  const notice = noticeFrom(body);
  return notice ? { kind: 'notice', notice } : wrong('LAB_FRAME_JSON');
}

function noticeFrom(body: Record<string, unknown>): Notice | undefined {
  const { kind, bytes, modes, role, watchers, say } = body;
  if (kind === 'gap' && isOffset(bytes) && typeof modes === 'string') return { kind, bytes, modes };
  if (kind === 'role' && isRole(role)) return { kind, role };
  if (kind === 'watched' && isOffset(watchers)) return { kind, watchers };
  if (kind === 'input' && typeof say === 'string') return { kind, say };
  return undefined;
}

function decodeMark(bytes: Uint8Array): ServerFrame | Wrong {
  const { mark, offset, at, own, previous, exit, text, path } = parse(bytes, 1) ?? {};
  if (!isOffset(offset) || typeof at !== 'number' || typeof own !== 'boolean') {
    return wrong('LAB_FRAME_JSON');
  }
  const common = { offset, at, own };
  if (mark === 'prompt' || mark === 'input') return { kind: 'mark', mark: { ...common, mark } };
  if (mark === 'command') {
    return {
      kind: 'mark',
      mark: { ...common, mark, ...(typeof previous === 'number' && { previous }) },
    };
  }
  if (mark === 'done') {
    return { kind: 'mark', mark: { ...common, mark, ...(typeof exit === 'number' && { exit }) } };
  }
  if (mark === 'line' && typeof text === 'string') {
    return { kind: 'mark', mark: { ...common, mark, text } };
  }
  if (mark === 'cwd' && typeof path === 'string') {
    return { kind: 'mark', mark: { ...common, mark, path } };
  }
  return wrong('LAB_FRAME_JSON');
}

function wrong(code: Wrong['code']): Wrong {
  return { kind: 'wrong', code };
}

/** Tickets and ids are short words of URL-safe letters: nothing that a log, a path or a header could trip over. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value);
}

function isOffset(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_OFFSET;
}

function isRole(value: unknown): value is Role {
  return value === 'write' || value === 'watch';
}

const encoder = new TextEncoder();

function parse(bytes: Uint8Array, from: number): Record<string, unknown> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // not UTF-8 or not JSON: the caller says so with its code
  }
}

function json(type: number, body: object): Uint8Array {
  return tagged(type, encoder.encode(JSON.stringify(body)));
}

function tagged(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = type;
  bytes.set(body, 1);
  return bytes;
}

function empty(type: number, length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(1 + length);
  bytes[0] = type;
  return { bytes, view: viewOf(bytes) };
}

function number32(type: number, value: number): Uint8Array {
  const { bytes, view } = empty(type, 4);
  view.setUint32(1, value);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function setOffset(view: DataView, at: number, offset: number): void {
  view.setUint16(at, Math.floor(offset / 2 ** 32));
  view.setUint32(at + 2, offset % 2 ** 32);
}

function getOffset(view: DataView, at: number): number {
  return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
}
