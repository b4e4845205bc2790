// Literal HTTPS requests to a test's cluster, as its administrator: headers as given, the answer whole or as it comes.

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

export interface Asked {
  method: string;
  url: string;
  headers?: Record<string, string>;
  /** Text goes as it is, everything else as JSON. */
  body?: unknown;
}

export interface Answer {
  status: number;
  /** Names and values in turn, in wire order. */
  headers: string[];
  text: string;
}

/** Field owners are called after the client: the recorder's own requests say so. */
const USER_AGENT = 'golden-recorder/1';

export class RawClient {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const cluster = clusters[0]?.cluster;
    const user = users[0]?.user;
    if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster or no user`);
    this.#server = cluster.server;
    this.#agent = new Agent({
      keepAlive: true,
      ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
      cert: Buffer.from(user['client-certificate-data'], 'base64'),
      key: Buffer.from(user['client-key-data'], 'base64'),
    });
  }

  /** Resolves when the headers of the answer have come. */
  open({ method, url, headers, body }: Asked): Promise<IncomingMessage> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const described =
      text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      request(
        `${this.#server}${url}`,
        {
          agent: this.#agent,
          method,
          headers: { 'User-Agent': USER_AGENT, ...described, ...headers },
        },
        resolve,
      )
        .on('error', reject)
        .end(text);
    });
  }

  async ask(asked: Asked): Promise<Answer> {
    const response = await this.open(asked);
    const { statusCode = 0, rawHeaders } = response;
    return { status: statusCode, headers: rawHeaders, text: await textOf(response) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** All that is left of an answer. */
export async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}
