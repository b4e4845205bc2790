// The asking side of HTTP/1.1: one request at a time on a connection, which may serve again afterwards.
// Knows nothing of names, redirects or retries: curl, wget, probes and proxies bring their own.

import { BrokenPipe } from '../streams.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { headerOf } from './http.ts';
import {
  type Body,
  HttpError,
  MessageReader,
  type ResponseHead,
  bodyOf,
  headBytes,
  keepsAlive,
  readResponseHead,
  requestFraming,
  responseFraming,
  writeBody,
} from './http-message.ts';
import type { Connection } from './network.ts';

export interface SendOptions {
  /** With `Expect: 100-continue`: the body is sent when this resolves, unless the server speaks first. curl waits a second. */
  continueAfter?: Promise<void>;
  /** Bytes of the answer's head. Default 256 KiB, curl's limit is 300. */
  headBytes?: number;
}

const HEAD_BYTES = 256 * 1024;

interface ClientState {
  reader: MessageReader;
  /** Undefined before the first answer. */
  last: { body: Body; persistent: boolean } | undefined;
  /** A request's body is still on its way out. */
  sending: boolean;
}

const states = new WeakMap<Connection, ClientState>();

/**
 * Sends a request and resolves with the answer once its head is there. The request's headers say how its body is framed:
 * Content-Length, Transfer-Encoding, or neither for no body. Rejects with HttpError, or with what the connection broke by.
 * Informational answers (1xx) are passed over, except 101, whose body is the connection's remaining bytes.
 */
export async function sendRequest(
  connection: Connection,
  request: HttpRequest,
  options: SendOptions = {},
): Promise<HttpResponse> {
  const state = stateOf(connection);
  const framing = requestFraming(request.headers);
  const requestHead = headBytes(
    `${request.method} ${request.target} HTTP/${request.version}`,
    request.headers,
  );
  state.last = undefined;
  const permission = bodyPermission(request, options);
  const sent = sending(state, async () => {
    await connection.output.write(requestHead);
    if (await permission.given) await writeBody(connection.output, request.body, framing);
    else throw new BrokenPipe();
  });
  const head = await firstOf(
    finalHead(state.reader, options.headBytes ?? HEAD_BYTES, permission.give),
    sent,
  );
  permission.refuse();
  const answerFraming =
    head.status === 101
      ? ({ kind: 'close' } as const)
      : responseFraming(request.method, head.status, head.headers);
  const body = bodyOf(state.reader, answerFraming);
  state.last = {
    body,
    persistent:
      keepsAlive(request.version, request.headers) && keepsAlive(head.version, head.headers),
  };
  return { ...head, body };
}

/** Whether another request may be sent: the last answer was read to its end and neither side asked to close. */
export function canReuse(connection: Connection): boolean {
  const state = states.get(connection);
  if (!state) return true;
  return (
    !state.sending && state.last !== undefined && state.last.persistent && state.last.body.done
  );
}

/**
 * Resolves when the other side closes or breaks off a connection that nobody uses. Stays pending when bytes come instead.
 * Ask only between two requests.
 */
export function closedByPeer(connection: Connection): Promise<void> {
  return stateOf(connection).reader.gone();
}

function stateOf(connection: Connection): ClientState {
  let state = states.get(connection);
  if (!state) {
    state = { reader: new MessageReader(connection.input), last: undefined, sending: false };
    states.set(connection, state);
  }
  return state;
}

/** Skips 100 Continue and its like; the first of them lets a waiting body go. */
async function finalHead(
  reader: MessageReader,
  limit: number,
  onContinue: () => void,
): Promise<ResponseHead> {
  for (;;) {
    const head = await readResponseHead(reader, limit);
    if (head.status >= 200 || head.status === 101) return head;
    onContinue();
  }
}

/** Whether and when the body may go: at once, or after `100 Continue`. Resolves with false when it must not. */
function bodyPermission(request: HttpRequest, options: SendOptions) {
  let decide: (go: boolean) => void = () => {};
  const given = new Promise<boolean>((resolve) => (decide = resolve));
  const waits = headerOf(request.headers, 'expect')?.toLowerCase() === '100-continue';
  if (!waits) decide(true);
  else void options.continueAfter?.then(() => decide(true));
  return { given, give: () => decide(true), refuse: () => decide(false) };
}

/** Never rejects: resolves with the error, which counts only if no answer comes (a server may refuse a body unread). */
async function sending(state: ClientState, send: () => Promise<void>): Promise<Error | undefined> {
  state.sending = true;
  try {
    await send();
    state.sending = false;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * The answer, or the reason why there is none. A server that closed without a word is an empty answer, whether or not the
 * request still went out: with TCP the first write after the other side's close succeeds.
 */
async function firstOf(
  answer: Promise<ResponseHead>,
  sent: Promise<Error | undefined>,
): Promise<ResponseHead> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== 'EMPTY') throw error;
    const sendError = await sent;
    throw sendError && !(sendError instanceof BrokenPipe) ? sendError : error;
  }
}
