// Connections to a pod's own loopback, through the API server: what a port-forward is. Envoy's administration and istiod's
// debug pages answer there and nowhere else. One WebSocket a connection.
// Source: Kubernetes, pods/portforward over WebSockets (v4.channel.k8s.io: channel 0 data, 1 errors, each begins with the port).

import http from 'node:http';
import { Duplex } from 'node:stream';
import { type RawData, WebSocket } from 'ws';
import { fieldsOf, stringOf } from '../cluster/schema/fields.ts';
import { ApiError, type ClusterClient } from './api-client.ts';
import { CommandError } from './command.ts';

export interface ForwardTarget {
  namespace: string;
  pod: string;
  port: number;
}

const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
/** The two bytes by which each channel says which port it is for. */
const PORT_BYTES = 2;

/** Rejects with a CommandError in the words of istioctl when the pod is not there, or does not run. */
export async function requireRunning(
  cluster: ClusterClient,
  { namespace, pod }: ForwardTarget,
): Promise<void> {
  const refuse = (why: string) =>
    new CommandError(`failure running port forward process: building port forwarded: ${why}`);
  let found;
  try {
    found = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${pod}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw refuse(
      `failed retrieving: ${error.message} in the ${JSON.stringify(namespace)} namespace`,
    );
  }
  const phase = stringOf(fieldsOf(found['status'])['phase']);
  if (phase !== 'Running') throw refuse(`pod is not running. Status=${phase}`);
}

/** Rejects with an Error when the API server or the pod refuses. Whoever opens it ends it. */
export function openForward(
  { access }: ClusterClient,
  { namespace, pod, port }: ForwardTarget,
): Promise<Duplex> {
  const { server, token, impersonate, insecure, ca, cert, key } = access;
  const base = `${server.protocol === 'http:' ? 'ws' : 'wss'}://${server.host}${server.pathname.replace(/\/$/, '')}`;
  const socket = new WebSocket(
    `${base}/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`,
    [PROTOCOL],
    {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      rejectUnauthorized: !insecure,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...impersonate,
      },
    },
  );
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      reject(new Error(`the server answered ${response.statusCode}`));
      socket.terminate();
    });
    socket.once('open', () => {
      socket.off('error', reject);
      resolve(new Forwarded(socket));
    });
  });
}

class Forwarded extends Duplex {
  readonly #socket: WebSocket;
  /** Channels that have said their port. */
  readonly #begun = new Set<number>();

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.on('message', (message: RawData) => this.#receive(bytesOf(message)));
    socket.on('close', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
  }

  #receive(message: Buffer): void {
    const channel = message[0] ?? DATA;
    const payload = message.subarray(this.#begun.has(channel) ? 1 : 1 + PORT_BYTES);
    this.#begun.add(channel);
    if (payload.length === 0) return;
    if (channel !== DATA) {
      this.destroy(new Error(payload.toString('utf8')));
      return;
    }
    if (!this.push(payload)) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]), done);
  }

  override _final(done: () => void): void {
    // The carrier has no half-closing: what the pod still says may come.
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.close();
    done(error);
  }
}

function bytesOf(message: RawData): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
}

/** HTTP to a port of the pod's loopback. Resolves with the body of a 200; anything else is a CommandError. */
export async function requestForwarded(
  cluster: ClusterClient,
  target: ForwardTarget,
  path: string,
  method = 'GET',
): Promise<string> {
  const failed = (why: string) => new CommandError(`failure running port forward process: ${why}`);
  try {
    await requireRunning(cluster, target);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw failed(error.message);
  }
  let connection: Duplex;
  try {
    connection = await openForward(cluster, target);
  } catch (error) {
    throw failed(`failure running port forward process: ${messageOf(error)}`);
  }
  const { status, text } = await ask(connection, path, method).catch((error: unknown) => {
    throw failed(
      `${titled(method)} "http://localhost:${target.port}/${path}": ${messageOf(error)}`,
    );
  });
  if (status !== 200) throw new CommandError(`unexpected status code: ${status}`);
  return text;
}

function ask(
  connection: Duplex,
  path: string,
  method: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        method,
        path: `/${path}`,
        headers: { host: 'localhost', connection: 'close' },
        createConnection: () => connection,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          connection.destroy();
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          });
        });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const titled = (method: string) => method.slice(0, 1) + method.slice(1).toLowerCase();

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
