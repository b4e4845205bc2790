// Requests to the lab: with the page's key, as JSON, and with the lab's own sentence when one fails.

import { isLabErrorCode } from '../../protocol/errors.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';
import { KEY } from './key.ts';
import type { Page } from './page.ts';

const KEY_HEADER = 'x-meshproof-key';

/** The lab said no; the message is for the learner. */
export class LabRefusal extends Error {
  readonly code: LabErrorCode | undefined;

  constructor(code: LabErrorCode | undefined, say: string) {
    super(say);
    this.code = code;
  }
}

export class Requests {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get key(): string | undefined {
    return this.#page.recall(KEY);
  }

  /** Rejects with LabRefusal when the lab says no, with another error when it does not answer. */
  async send(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<unknown> {
    const { key } = this;
    const response = await this.#page.fetch(path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { [KEY_HEADER]: key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    const code = textOf(answer, 'error') ?? '';
    throw new LabRefusal(
      isLabErrorCode(code) ? code : undefined,
      textOf(answer, 'say') ?? `The lab answered with ${response.status}.`,
    );
  }

  /** True once the lab has let this browser in. */
  async isOpen(): Promise<boolean> {
    const health = await this.send('GET', '/lab/health');
    return fieldOf(health, 'open') === true;
  }

  /** Exchanges what the printed link carried for a key of this page's origin. */
  async login(secret: string): Promise<void> {
    const key = textOf(await this.send('POST', '/lab/login', { secret }), 'key');
    this.#page.keep(KEY, key);
  }

  async ticket(session: string): Promise<string> {
    return textOf(await this.send('POST', '/lab/ticket', { session }), 'ticket') ?? '';
  }
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}
