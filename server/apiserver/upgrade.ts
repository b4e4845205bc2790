// From HTTP to a lasting connection: which carrier and subprotocol the client asked for, and the switch itself.

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ApiResponse, Upgrade } from '../../cluster/api/http.ts';
import { closeBytes, sendBytes } from './carrier.ts';
import { forwardOverChannels, forwardOverSpdy, forwardOverTunnel } from './port-forward.ts';
import { commandOverSpdy, commandOverWebSocket } from './remote-command.ts';
import { badRequest } from './status.ts';

export interface UpgradeContext {
  request: IncomingMessage;
  socket: Duplex;
  /** What came after the request's header. */
  head: Buffer;
  query: URLSearchParams;
  upgrade: Upgrade;
}

const COMMAND_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
const FORWARD_PROTOCOLS = [TUNNEL_PROTOCOL, 'v4.channel.k8s.io'];
const SPDY_COMMAND_PROTOCOL = 'v4.channel.k8s.io';
const SPDY_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** Bytes of one WebSocket message. Clients copy in pieces of 32 KiB; a library may send a file at once. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Ports of one WebSocket: each takes two of its 256 channels. */
const MAX_FORWARDED_PORTS = 16;

const webSockets = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  clientTracking: false,
});

/** Switches protocols and serves the connection to its end. */
export async function serveUpgrade(context: UpgradeContext): Promise<void> {
  const carrier = context.request.headers.upgrade?.toLowerCase();
  if (carrier === 'websocket') return serveWebSocket(context);
  if (carrier === 'spdy/3.1') return serveSpdy(context);
  return refuseUpgrade(
    context.socket,
    badRequest(
      `unable to upgrade to ${context.request.headers.upgrade}: use websocket or SPDY/3.1`,
    ),
  );
}

async function serveWebSocket({
  request,
  socket,
  head,
  query,
  upgrade,
}: UpgradeContext): Promise<void> {
  const offered = wordsOf(request.headers['sec-websocket-protocol']);
  const known = upgrade.kind === 'port-forward' ? FORWARD_PROTOCOLS : COMMAND_PROTOCOLS;
  const protocol = known.find((each) => offered.includes(each));
  if (!protocol) {
    const answer = badRequest(
      `unable to upgrade: subprotocols [${offered.join(' ')}], supported are [${known.join(' ')}]`,
    );
    return refuseUpgrade(socket, answer);
  }
  const ports = query
    .getAll('ports')
    .flatMap((text) => text.split(','))
    .map(Number);
  if (upgrade.kind === 'port-forward' && protocol !== TUNNEL_PROTOCOL && !arePorts(ports))
    return refuseUpgrade(
      socket,
      badRequest(`query parameter "ports" must name 1 to ${MAX_FORWARDED_PORTS} ports`),
    );
  // The header is answered with the one protocol we chose; the library would take the client's first.
  request.headers['sec-websocket-protocol'] = protocol;
  const opened = await new Promise<WebSocket>((resolve, reject) => {
    // A bad handshake is answered by the library, which then closes the socket.
    socket.once('close', () => reject(new Error('the WebSocket handshake failed')));
    webSockets.handleUpgrade(request, socket, head, resolve);
  });
  if (upgrade.kind === 'remote-command')
    return commandOverWebSocket(opened, upgrade, query.getAll('command'));
  if (protocol === TUNNEL_PROTOCOL) return forwardOverTunnel(opened, upgrade);
  return forwardOverChannels(opened, ports, upgrade);
}

function arePorts(ports: readonly number[]): boolean {
  const fits = (port: number) => Number.isInteger(port) && port > 0 && port <= 65_535;
  return ports.length > 0 && ports.length <= MAX_FORWARDED_PORTS && ports.every(fits);
}

async function serveSpdy({ request, socket, head, query, upgrade }: UpgradeContext): Promise<void> {
  const known = upgrade.kind === 'port-forward' ? SPDY_FORWARD_PROTOCOL : SPDY_COMMAND_PROTOCOL;
  const offered = wordsOf(request.headersDistinct['x-stream-protocol-version']?.join(','));
  if (!offered.includes(known)) {
    const answer = badRequest(
      `unable to upgrade: stream protocols [${offered.join(' ')}], supported is [${known}]`,
    );
    return refuseUpgrade(socket, answer);
  }
  await sendBytes(
    socket,
    Buffer.from(
      'HTTP/1.1 101 Switching Protocols\r\n' +
        'Connection: Upgrade\r\n' +
        'Upgrade: SPDY/3.1\r\n' +
        `X-Stream-Protocol-Version: ${known}\r\n\r\n`,
    ),
  );
  return upgrade.kind === 'remote-command'
    ? commandOverSpdy(socket, head, upgrade, query.getAll('command'))
    : forwardOverSpdy(socket, head, upgrade);
}

function wordsOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

/** Answers in plain HTTP instead, and closes. A client that has gone meanwhile hears nothing. */
export async function refuseUpgrade(socket: Duplex, answer: ApiResponse): Promise<void> {
  if (socket.destroyed) return;
  const body = await wholeBody(answer.body);
  const headers = { ...answer.headers, 'Content-Length': body.length, Connection: 'close' };
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.write(body);
  await closeBytes(socket);
}

async function wholeBody(body: ApiResponse['body']): Promise<Buffer> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
