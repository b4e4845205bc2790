// Replays the section of plain HTTP requests, in order, over HTTPS against a fresh embedded cluster. Before it stands a
// preamble: Istio's kinds, and what the sections before had left of their web server in the recorded cluster.
// Knows how requests and watches are asked; comparing values is raw-compare's.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TestCluster } from '../support/cluster.ts';
import { applyIstioKinds } from '../support/istio-kinds.ts';
import type { Outcome, Section } from './outcome.ts';
import { type Answer, type Asked, RawClient, textOf } from './raw-client.ts';
import { differences, masked, withoutController } from './raw-compare.ts';

type Fields = Record<string, unknown>;
type Event = { type: string; object: Fields };

interface RawStep extends Asked {
  id: string;
  status: number;
  answerHeaders: [string, string][];
  /** The body, decoded where it was JSON. */
  answer?: unknown;
  text?: string;
  /** What a watch told until the server ended it. */
  events?: Event[];
  /** What the recorder did while the watch was open. */
  changes?: (Asked & { afterMs: number })[];
  /**
   * What of the answer is compared where the whole tells a history: `rows`, that each kept row is among ours;
   * `ends`, how each object first and last appeared in a watch.
   */
  among?: 'rows' | 'ends';
  /** A list that a real server gives in no order: the names of the fields that lead to it. */
  unordered?: string[];
  /** A Deployment on its way: what its controller has written so far is not compared. */
  paced?: boolean;
  /** An API group the recording was made without. */
  exceptGroup?: string;
  notJudged?: string;
  leftOut?: string;
  withheld?: boolean;
}

interface Recorded {
  preamble: (Asked & { settle?: boolean })[];
  steps: RawStep[];
}

/** Pods start and stop sooner; watches and time-outs are in real time all the same. */
const CLOCK_SPEED = 10;
/** A step of this length opens early: nothing between speaks of what it watches. */
const LONG = '151-watch-vs-bookmarks-70s';
const FIRST_WATCH = '139-watch-cm-changes';
/** kubectl's, for what it had made before. */
const KUBECTL = 'kubectl/v1.36.2 (linux/amd64) kubernetes/$Format';

/** `npm run golden raw`. With the folder of the recordings, upstream's texts in answers are compared too. */
export function rawSection(judge: RawJudge): Section {
  return { replay: () => replayRaw(judge) };
}

interface RawJudge {
  /** For the preamble alone. */
  kubectl: string;
  recordings: string | undefined;
}

async function replayRaw({ kubectl, recordings }: RawJudge): Promise<Outcome[]> {
  const { preamble, steps } = JSON.parse(
    readFileSync(new URL('raw.json', import.meta.url), 'utf8'),
  ) as Recorded;
  const directory = mkdtempSync(join(tmpdir(), 'golden-raw-'));
  const cluster = await TestCluster.start({ directory, clockSpeed: CLOCK_SPEED });
  const client = new RawClient(cluster.kubeconfig);
  try {
    await applyIstioKinds({ kubeconfig: cluster.kubeconfig, directory, kubectl });
    await prepare(preamble, client, cluster);
    const session = new RawSession(client, recordings);
    const outcomes: Outcome[] = [];
    let long: Promise<Outcome> | undefined;
    const longStep = steps.find(({ id }) => id === LONG);
    for (const step of steps) {
      if (step.id === FIRST_WATCH && longStep) long = session.replay(longStep);
      outcomes.push(await (step.id === LONG && long ? long : session.replay(step)));
    }
    return outcomes;
  } finally {
    client.close();
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function prepare(
  preamble: Recorded['preamble'],
  client: RawClient,
  cluster: TestCluster,
): Promise<void> {
  for (const { settle, ...asked } of preamble) {
    await until('a served kind', async () => {
      const { status } = await client.ask({ method: 'GET', url: asked.url.replace(/\?.*/, '') });
      return status !== 404;
    });
    await made({ ...asked, headers: { ...asked.headers, 'User-Agent': KUBECTL } }, client);
    if (settle) await cluster.settled();
  }
}

async function made(asked: Asked, client: RawClient): Promise<void> {
  const { status, text } = await client.ask(asked);
  if (status >= 300) throw new Error(`preamble: ${asked.method} ${asked.url}: ${text}`);
}

/** How often a fact is asked for, and how long it may take. */
const LOOK_MS = 10;
const LIMIT_MS = 20_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += LOOK_MS) {
    if (waited > LIMIT_MS) throw new Error(`waited in vain for ${what}`);
    await wait(LOOK_MS);
  }
}

class RawSession {
  readonly #client: RawClient;
  readonly #recordings: string | undefined;
  /** The recorder listed once, before its first watches, and watched from there. */
  readonly #revisions = new Map<string, string>();

  constructor(client: RawClient, recordings: string | undefined) {
    this.#client = client;
    this.#recordings = recordings;
  }

  async replay(kept: RawStep): Promise<Outcome> {
    const step = whole(kept, this.#recordings);
    const { id } = step;
    const reason = step.notJudged ?? step.leftOut;
    // What is not compared is asked all the same when it may change something.
    if (reason && step.method === 'GET') return { id, verdict: 'not judged', what: reason };
    if (!step.paced) await this.#controllersIdle(step.url);
    const found = step.events ? await this.#watch(step, step.events) : await this.#ask(step);
    if (step.withheld) return { id, verdict: 'withheld' };
    if (reason) return { id, verdict: 'not judged', what: reason };
    if (found.length === 0) return { id, verdict: 'identical' };
    return { id, verdict: 'different', what: found.join('\n  ') };
  }

  /** The recorder was slower than the controllers: a Deployment it spoke of had been seen by them. */
  async #controllersIdle(url: string): Promise<void> {
    const path = /^\/apis\/apps\/v1\/namespaces\/\w+\/deployments\/\w+/.exec(url)?.[0];
    if (!path) return;
    await until(`controllers to see ${path}`, async () => {
      const { status, text } = await this.#client.ask({ method: 'GET', url: path });
      if (status !== 200) return true;
      const deployment = JSON.parse(text) as Deployment;
      return (
        deployment.status.observedGeneration === deployment.metadata.generation &&
        deployment.status.replicas !== undefined
      );
    });
  }

  async #ask(step: RawStep): Promise<string[]> {
    const answer = await this.#client.ask(this.#ours(step));
    const found = headDifferences(step, answer);
    const value = decoded(answer.text);
    const ours = step.exceptGroup ? without(value, step.exceptGroup) : value;
    const recorded = step.answer ?? step.text ?? '';
    if (step.among === 'rows') return [...found, ...rowDifferences(recorded, ours)];
    const same = (value: unknown) => inOrder(step.paced ? withoutController(value) : value, step);
    if (typeof recorded === 'string') return [...found, ...differences(recorded, answer.text)];
    return [...found, ...differences(same(recorded), same(ours))];
  }

  async #watch(step: RawStep, recorded: Event[]): Promise<string[]> {
    const url = await this.#fromOurRevision(step.url);
    const response = await this.#client.open({ ...this.#ours(step), url });
    const { statusCode = 0, rawHeaders } = response;
    const [text] = await Promise.all([textOf(response), this.#change(step)]);
    const found = headDifferences(step, { status: statusCode, headers: rawHeaders, text });
    const events = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event);
    if (step.among === 'ends') return [...found, ...differences(ends(recorded), ends(events))];
    return [...found, ...differences(recorded, events)];
  }

  async #change({ changes = [] }: RawStep): Promise<void> {
    for (const { afterMs, ...asked } of changes) {
      await wait(afterMs);
      await this.#client.ask(asked);
    }
  }

  /** Revisions that a list gave are mapped to those of our list; made-up ones mean the same here. */
  async #fromOurRevision(url: string): Promise<string> {
    const recorded = /resourceVersion=(\d{4,7})(?!\d)/.exec(url)?.[1];
    if (recorded === undefined) return url;
    let ours = this.#revisions.get(recorded);
    if (ours === undefined) {
      const { text } = await this.#client.ask({ method: 'GET', url: url.replace(/\?.*/, '') });
      ours = (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata
        .resourceVersion;
      this.#revisions.set(recorded, ours);
    }
    return url.replace(`resourceVersion=${recorded}`, `resourceVersion=${ours}`);
  }

  #ours({ method, url, headers, body }: RawStep): Asked {
    return {
      method,
      url: url.replace('/nodes/lab-control-plane', '/nodes/mesh-lab-control-plane'),
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
    };
  }
}

interface Deployment {
  metadata: { generation: number };
  status: { observedGeneration?: number; replicas?: number };
}

/** The step with upstream's texts, where the recordings are at hand. */
function whole(step: RawStep, recordings: string | undefined): RawStep {
  if (!recordings || step.answer === undefined || step.among) return step;
  const path = join(recordings, 'raw', `${step.id}.json`);
  if (!existsSync(path)) return step;
  const { responseBody } = JSON.parse(readFileSync(path, 'utf8')) as { responseBody: unknown };
  // Istio's texts are judged with its kinds: one annotation holds them all.
  return step.id.endsWith('-crds') ? step : { ...step, answer: responseBody };
}

function headDifferences(step: RawStep, { status, headers, text }: Answer): string[] {
  const found: string[] = [];
  if (status !== step.status)
    found.push(`status ${status} instead of ${step.status}: ${text.slice(0, 300)}`);
  for (const [name, value] of step.answerHeaders) {
    const ours = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === name);
    if (!ours.some((each) => masked(each) === masked(value)))
      found.push(`${name}: ${ours.join(' | ') || 'missing'} instead of ${value}`);
  }
  for (const name of ON_EVERY_ANSWER) if (!headers.includes(name)) found.push(`${name}: missing`);
  return found;
}

const ON_EVERY_ANSWER = [
  'Audit-Id',
  'Date',
  'X-Kubernetes-Pf-Flowschema-Uid',
  'X-Kubernetes-Pf-Prioritylevel-Uid',
];

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text; // Plain text, or the difference.
  }
}

/** Lists without the entries that speak of a group. */
function without(value: unknown, group: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      Array.isArray(inner) ? inner.filter((each) => !JSON.stringify(each).includes(group)) : inner,
    ]),
  );
}

/** The value with an unordered list sorted. */
function inOrder(
  value: unknown,
  { unordered: [field, ...deeper] = [] }: Partial<RawStep>,
): unknown {
  if (field === undefined || typeof value !== 'object' || value === null) return value;
  const fields = value as Fields;
  const inner = fields[field];
  const sorted =
    deeper.length === 0 && Array.isArray(inner)
      ? inner.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : inOrder(inner, { unordered: deeper });
  return { ...fields, [field]: sorted };
}

interface Table {
  rows: { cells: unknown[] }[];
}

/** Where an event's row has its reason. */
const REASON = 2;

/** The tables without their rows, and each recorded row with the nearest of ours that has its reason. */
function rowDifferences(recorded: unknown, ours: unknown): string[] {
  const { rows: wanted, ...head } = recorded as Table;
  const { rows, ...ourHead } = ours as Table;
  const nearest = wanted.flatMap((row) => {
    const each = rows
      .filter(({ cells }) => cells[REASON] === row.cells[REASON])
      .map((candidate) => differences(row, candidate));
    return each.toSorted((a, b) => a.length - b.length)[0] ?? [`no row like ${row.cells.join()}`];
  });
  return [...differences(head, ourHead), ...nearest];
}

/** How each object first and last appeared, in order of appearance. Statuses on the way are a matter of pace. */
function ends(events: Event[]): Event[] {
  const byObject = new Map<string, Event[]>();
  for (const event of events) {
    const { name } = event.object['metadata'] as { name: string };
    byObject.set(name, [...(byObject.get(name) ?? []), event]);
  }
  return [...byObject.values()].flatMap((each) => [...each.slice(0, 1), ...each.slice(-1)]);
}
