// Finds out whether a lab serves this page, and only then fetches what speaks to it. Small: it is on every page, lab or not.

import type { Evidence } from '../../protocol/evidence.ts';
import type { GraphAnswer, GraphQuestion } from '../../protocol/graph.ts';
import type { FeedMessage, EngineFacts } from '../../protocol/lab.ts';
import type { Receipt } from '../../protocol/receipt.ts';
import type { CheckState } from '../../protocol/verdict.ts';
import type { Connection } from './connection.ts';
import { KEY, recall } from './key.ts';
import type { JourneyLine, Lab, LabEvents, LabState, TerminalStream } from './lab.ts';

/** The page's lab. On pages without a server it is `absent`, and nothing is ever asked of anybody. */
export function connectLab(): Lab {
  return new PageLab();
}

/**
 * A lab says so with each page it serves, for its port alone: cookies are shared by all ports of a host. Pages that another server
 * serves for authors, and which hand /lab on, know by the link or the key.
 */
function isHere(): boolean {
  return (
    document.cookie.includes(`meshproof-here-${location.port || 'default'}=`) ||
    location.hash.startsWith('#lab=') ||
    recall(KEY) !== undefined
  );
}

class PageLab implements Lab {
  state: LabState = 'absent';
  engine: EngineFacts | undefined;
  readonly checks = new Map<string, CheckState>();
  evidence: readonly Evidence[] = [];
  readonly #listeners: { [E in keyof LabEvents]: Set<LabEvents[E]> } = {
    state: new Set(),
    engine: new Set(),
    check: new Set(),
    notice: new Set(),
    evidence: new Set(),
  };
  #connection: Connection | undefined;
  readonly #loaded: Promise<Connection>;

  constructor() {
    if (isHere()) {
      this.state = 'connecting';
      this.#loaded = import('./connection.ts').then(({ Connection }) => this.#connect(Connection));
      this.#loaded.catch(() => this.#become('offline')); // the script is gone: a new build, say
    } else {
      this.#loaded = Promise.reject(new Error('There is no lab here.'));
      this.#loaded.catch(() => {}); // told to whoever asks for a terminal
    }
  }

  on<E extends keyof LabEvents>(event: E, listener: LabEvents[E]): () => void {
    const listeners: Set<LabEvents[E]> = this.#listeners[event];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async terminals(): Promise<{ session: string; name: string }[]> {
    return (await this.#loaded).terminals();
  }

  async openTerminal(name: string): Promise<{ session: string; name: string }> {
    return (await this.#loaded).openTerminal(name);
  }

  async renameTerminal(session: string, name: string): Promise<{ session: string; name: string }> {
    return (await this.#loaded).renameTerminal(session, name);
  }

  async closeTerminal(session: string): Promise<void> {
    return (await this.#loaded).closeTerminal(session);
  }

  async receipts(session: string, from: number): Promise<Receipt[]> {
    return (await this.#loaded).receipts(session, from);
  }

  async graph(question: GraphQuestion): Promise<GraphAnswer> {
    return (await this.#loaded).graph(question);
  }

  async kiali(): Promise<string> {
    return (await this.#loaded).kiali();
  }

  async forgetEvidence(measure: string): Promise<void> {
    return (await this.#loaded).forgetEvidence(measure);
  }

  async readDocument(name: string): Promise<string | undefined> {
    return (await this.#loaded).readDocument(name);
  }

  async writeDocument(name: string, text: string): Promise<string> {
    return (await this.#loaded).writeDocument(name, text);
  }

  async journeys(): Promise<JourneyLine> {
    return (await this.#loaded).journeys();
  }

  terminal(session: string): TerminalStream {
    if (!this.#connection) throw new Error('Ask for the terminals first.');
    return this.#connection.terminal(session);
  }

  #connect(Constructor: typeof Connection): Connection {
    const connection = new Constructor({
      state: (state) => this.#become(state),
      message: (message) => this.#hear(message),
    });
    this.#connection = connection;
    void connection.open();
    return connection;
  }

  #become(state: LabState): void {
    this.state = state;
    for (const listener of this.#listeners.state) listener(state);
  }

  #hear(message: FeedMessage): void {
    switch (message.kind) {
      case 'state':
        this.#setEngine(message.engine);
        for (const check of message.checks) this.#setCheck(check);
        this.#setEvidence(message.evidence ?? []);
        return;
      case 'engine':
        this.#setEngine(message.engine);
        return;
      case 'check':
        this.#setCheck(message.check);
        return;
      case 'evidence':
        this.#setEvidence(message.evidence);
        return;
      case 'receipt':
        return; // run blocks follow their shell's marks, which come sooner
      case 'notice':
        for (const listener of this.#listeners.notice) listener(message.text);
        return;
    }
  }

  #setEngine(engine: EngineFacts): void {
    this.engine = engine;
    for (const listener of this.#listeners.engine) listener(engine);
  }

  #setEvidence(evidence: readonly Evidence[]): void {
    this.evidence = evidence;
    for (const listener of this.#listeners.evidence) listener(evidence);
  }

  #setCheck(check: CheckState): void {
    this.checks.set(check.check, check);
    for (const listener of this.#listeners.check) listener(check);
  }
}
