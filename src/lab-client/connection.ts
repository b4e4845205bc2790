// The page's connection to its lab, once there is one: lets this browser in, listens to the feed, and asks for terminals.

import type { GraphAnswer, GraphQuestion } from '../../protocol/graph.ts';
import type { FeedMessage } from '../../protocol/lab.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import { Feed } from './feed.ts';
import type { LabState, TerminalStream } from './lab.ts';
import { browserPage } from './page.ts';
import { CASE_PATH, EVIDENCE_PATH, GRAPH_PATH, KIALI_PATH, RECEIPTS_PATH } from './paths.ts';
import type { Page } from './page.ts';
import { LabRefusal, Requests, textOf } from './requests.ts';
import { Retry } from './retry.ts';
import { Journeys } from './journeys.ts';
import { LabTerminalStream } from './terminal-stream.ts';

/** The printed link carries the secret behind this, where no server and no log sees it. */
const HASH = '#lab=';

export interface ConnectionListener {
  state: (state: LabState) => void;
  message: (message: FeedMessage) => void;
}

export class Connection {
  readonly #page: Page;
  readonly #requests: Requests;
  readonly #listener: ConnectionListener;
  readonly #feed: Feed;
  readonly #retry: Retry;
  readonly #streams = new Map<string, TerminalStream>();
  #state: LabState = 'connecting';

  constructor(listener: ConnectionListener, page: Page = browserPage()) {
    this.#page = page;
    this.#listener = listener;
    this.#requests = new Requests(page);
    this.#retry = new Retry(page, () => void this.open());
    this.#feed = new Feed(page, this.#requests, {
      message: (message) => {
        this.#listener.message(message);
        this.#become('open');
      },
      lost: () => this.#become('offline'),
      locked: () => this.#become('locked'),
    });
    // Another tab may have opened the link meanwhile.
    page.on('wake', () => this.#state === 'locked' && void this.#feed.open());
  }

  async open(): Promise<void> {
    const secret = this.#page.hash().startsWith(HASH) && this.#page.hash().slice(HASH.length);
    if (secret) {
      try {
        await this.#requests.login(secret);
      } catch (error) {
        if (!(error instanceof LabRefusal)) {
          this.#become('offline');
          this.#retry.later();
          return;
        }
        // An old link: this browser may be known from before.
      }
      this.#page.clearHash();
    }
    this.#retry.succeeded();
    await this.#feed.open();
  }

  async terminals(): Promise<{ session: string; name: string }[]> {
    const list = await this.#requests.send('GET', '/lab/terminals');
    return Array.isArray(list) ? list.map(terminalOf) : [];
  }

  async openTerminal(name: string): Promise<{ session: string; name: string }> {
    return terminalOf(await this.#requests.send('POST', '/lab/terminals', { name }));
  }

  async renameTerminal(session: string, name: string): Promise<{ session: string; name: string }> {
    return terminalOf(await this.#requests.send('PUT', `/lab/terminals/${session}`, { name }));
  }

  async closeTerminal(session: string): Promise<void> {
    this.#streams.get(session)?.detach();
    this.#streams.delete(session);
    await this.#requests.send('DELETE', `/lab/terminals/${session}`);
  }

  async receipts(session: string, from: number): Promise<Receipt[]> {
    const query = new URLSearchParams({ session, from: String(from) });
    const list = await this.#requests.send('GET', `${RECEIPTS_PATH}?${query.toString()}`);
    if (!Array.isArray(list) || !list.every((each) => textOf(each, 'output') !== undefined))
      throw new Error('The lab answered with something that is no list of receipts.');
    return list as Receipt[];
  }

  async graph({ namespaces, seconds, at }: GraphQuestion): Promise<GraphAnswer> {
    const query = new URLSearchParams({
      namespaces: namespaces.join(','),
      seconds: String(seconds),
      ...(at !== undefined && { at: String(at) }),
    });
    const answer = await this.#requests.send('GET', `${GRAPH_PATH}?${query.toString()}`);
    if (textOf(answer, 'state') === undefined)
      throw new Error('The lab answered with something that is no graph.');
    return answer as GraphAnswer;
  }

  async kiali(): Promise<string> {
    return textOf(await this.#requests.send('POST', KIALI_PATH, {}), 'url') ?? '';
  }

  async forgetEvidence(measure: string): Promise<void> {
    await this.#requests.send('DELETE', `${EVIDENCE_PATH}/${measure}`);
  }

  async readDocument(name: string): Promise<string | undefined> {
    return textOf(await this.#requests.send('GET', `${CASE_PATH}/${name}`), 'text');
  }

  async writeDocument(name: string, text: string): Promise<string> {
    const answer = await this.#requests.send('PUT', `${CASE_PATH}/${name}`, { text });
    return textOf(answer, 'path') ?? name;
  }

  journeys(): Journeys {
    return new Journeys(this.#requests);
  }

  terminal(session: string): TerminalStream {
    const stream =
      this.#streams.get(session) ?? new LabTerminalStream(this.#page, this.#requests, session);
    this.#streams.set(session, stream);
    return stream;
  }

  /** For tests: a page never closes its lab, it goes away. */
  close(): void {
    this.#retry.close();
    this.#feed.close();
    for (const stream of this.#streams.values()) stream.detach();
  }

  #become(state: LabState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listener.state(state);
  }
}

function terminalOf(value: unknown): { session: string; name: string } {
  const session = textOf(value, 'session');
  if (session === undefined)
    throw new Error('The lab answered with something that is no terminal.');
  return { session, name: textOf(value, 'name') ?? session };
}
