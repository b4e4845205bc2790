// An API server in front of a cluster that a test plays, and clients for it.

import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { ApiRequest, ApiResponse, Upgrade } from '../../../cluster/api/http.ts';
import { ApiServer, type ClusterApi } from '../api-server.ts';
import { type Identity, createIdentity } from '../certificates.ts';

export const identity: Identity = await createIdentity();

export const REQUEST_BYTES = 1_000;

export interface Play {
  handle?(request: ApiRequest): Promise<ApiResponse> | ApiResponse;
  upgrade?(request: ApiRequest): Promise<ApiResponse | Upgrade> | ApiResponse | Upgrade;
  authenticateToken?: ClusterApi['authenticateToken'];
}

export interface Served {
  server: ApiServer;
  /** What went wrong on our side, one line each. */
  log: string[];
}

export async function serve(play: Play): Promise<Served> {
  const log: string[] = [];
  const server = await ApiServer.listen({
    identity,
    port: 0,
    requestBytes: REQUEST_BYTES,
    log: (_level, message) => log.push(message),
    cluster: {
      handle: async (request) => play.handle?.(request) ?? json(200, {}),
      upgrade: async (request) => play.upgrade?.(request) ?? json(404, {}),
      authenticateToken: play.authenticateToken ?? (() => undefined),
    },
  });
  return { server, log };
}

export function json(status: number, value: unknown): ApiResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  };
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export const administrator = {
  ca: identity.caCertificate,
  cert: identity.clientCertificate,
  key: identity.clientKey,
};

export function ask(
  { server }: Served,
  path: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: Buffer;
    tls?: object;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method: options.method ?? 'GET',
        agent: false,
        headers: options.headers,
        ...(options.tls ?? administrator),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}
