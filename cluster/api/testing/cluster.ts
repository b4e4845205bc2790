// A whole cluster for tests of the API, and a client that speaks to it in literal requests.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, type ClusterOptions } from '../../cluster.ts';
import { nodePlatform } from '../../../server/apiserver/platform.ts';
import { schemaBundle } from '../../../server/apiserver/schema-bundle.ts';
import type { ApiRequest, ApiResponse, UserInfo } from '../http.ts';
import { bytesOf, textOf } from '../../streams.ts';

export const ADMIN: UserInfo = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
};

export interface Asked {
  headers?: Record<string, string>;
  user?: UserInfo;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: ApiResponse['headers'];
  text: string;
  /** The body, decoded where it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of every kind
  body: any;
}

export interface TestCluster {
  cluster: Cluster;
  /** What the cluster told its operator; a test that expects no fault asserts that it is empty. */
  logged: string[];
  /** One request with its whole answer. */
  ask(method: string, url: string, body?: unknown, asked?: Asked): Promise<Answer>;
  /** The same, with the answer as it comes. */
  open(method: string, url: string, body?: unknown, asked?: Asked): Promise<ApiResponse>;
  stop(): void;
}

export async function testCluster(options: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  const logged: string[] = [];
  const cluster = new Cluster({
    platform: nodePlatform((level, message) => logged.push(`${level}: ${message}`)),
    schemas: schemaBundle(),
    caCertificate: 'a certificate',
    seed: 1,
    ...options,
  });
  await cluster.start();
  const open = (method: string, url: string, body?: unknown, asked: Asked = {}) =>
    cluster.handle(request(method, url, body, asked));
  return {
    cluster,
    logged,
    open,
    async ask(method, url, body, asked) {
      const { status, headers, body: given } = await open(method, url, body, asked);
      const text = await wholeText(given);
      const isJson = String(headers['Content-Type'] ?? '').startsWith('application/json');
      return { status, headers, text, body: isJson ? JSON.parse(text) : undefined };
    },
    stop: () => cluster.stop(),
  };
}

/** `body` that is no text goes as JSON. */
export function request(method: string, url: string, body: unknown, asked: Asked): ApiRequest {
  const [path = '', query = ''] = url.split('?');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return {
    method,
    path: decodeURIComponent(path),
    query: new URLSearchParams(query),
    headers: {
      'user-agent': 'tester/1',
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': type }),
      ...asked.headers,
    },
    body: body instanceof Uint8Array ? body : bytesOf(text ?? ''),
    user: asked.user ?? ADMIN,
    signal: asked.signal ?? new AbortController().signal,
  };
}

async function wholeText(body: ApiResponse['body']): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return textOf(body);
  let text = '';
  for await (const chunk of body) text += textOf(chunk);
  return text;
}

/** Asks again until it holds; a test waits for facts. Throws after about `ms`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 5_000,
): Promise<void> {
  for (let waited = 0; !(await holds()); waited += LOOK_MS) {
    if (waited > ms) throw new Error(`waited in vain for: ${what}`);
    await sleep(LOOK_MS);
  }
}

const LOOK_MS = 5;
