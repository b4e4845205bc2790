// The picture while somebody looks at it: asks the lab for a frame each second, keeps the last minutes, and shows one moment as
// drawing, table and details. Knows nothing of Kiali.

import type { MeshCall, MeshFrame } from '../../../protocol/graph.ts';
import { LabRefusal } from '../../lab-client/requests.ts';
import { announce } from '../page/announce.ts';
import { make, part, withCode } from '../page/dom.ts';
import { HOW_TO_GET_A_LAB, HOW_TO_UNLOCK, lab } from '../page/lab.ts';
import { keep, recall } from '../page/memory.ts';
import { clockTime } from '../page/time.ts';
import { CallTable } from './call-table.ts';
import { Details } from './details.ts';
import { Drawing } from './drawing.ts';
import { example } from './example.ts';
import { History } from './history.ts';
import { type Picture, pictureOf } from './picture.ts';
import { TimeStrip } from './time-strip.ts';
import { callName, gapWords, percent, quietWords, summary } from './words.ts';

/** Between two frames: as often as our Prometheus counts. */
const EVERY_MS = 1_000;
/** Changes are told once they have lasted. */
const NEWS_AFTER_MS = 2_000;
/** The lab's clock went back: another cluster. */
const BACKWARDS_MS = 2_000;
const VIEW_KEY = 'meshproof:graph-view';
const NARROW = '(max-width: 50rem)';
const NO_ANSWER = 'The lab does not answer. This page comes back by itself.';
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

export class LiveGraph {
  readonly #host: HTMLElement;
  readonly #namespaces: string[];
  readonly #history = new History();
  readonly #drawing: Drawing;
  readonly #table: CallTable;
  readonly #details: Details;
  readonly #strip: TimeStrip;
  readonly #ends: (() => void)[] = [];
  #picture: Picture | undefined;
  #chosen: string | undefined;
  #focus: string | undefined;
  #seen = false;
  #timer: number | undefined;
  #asking = false;
  /** What is wrong, for the learner; undefined while frames come. */
  #gap: string | undefined;
  #told = new Map<string, MeshCall['health']>();
  #news: { of: string; since: number } = { of: '', since: 0 };

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#namespaces = (host.dataset['namespaces'] ?? 'default').split(' ');
    this.#focus = host.dataset['focus'];
    this.#drawing = new Drawing(part(host, '[data-canvas]'), {
      chosen: (id) => this.#choose(id),
    });
    this.#table = new CallTable(`Calls in ${this.#namespaces.join(', ')}, what fails first`);
    part(host, '[data-table]').append(this.#table.element);
    this.#details = new Details(part(host, '[data-detail]'));
    this.#strip = new TimeStrip(part(host, '[data-time]'), part(host, '[data-hold]'), {
      show: (moment) => this.#showMoment(moment),
    });
    this.#ends.push(
      lab.on('state', () => this.#begin()),
      lab.on('engine', () => this.#begin()),
      () => this.#strip.close(),
    );
    this.#buttons();
    this.#followWidth();
    this.#begin();
  }

  /** Nothing is asked while nobody looks. */
  seen(seen: boolean): void {
    if (this.#seen === seen) return;
    this.#seen = seen;
    this.#begin();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    switch (lab.state) {
      case 'absent':
        this.#showExample();
        return;
      case 'locked':
        this.#say(HOW_TO_UNLOCK);
        return;
      case 'connecting':
        this.#say('Connecting to the lab.');
        return;
      case 'offline':
        this.#say(NO_ANSWER);
        return;
      case 'open':
        if (this.#seen) void this.#ask();
    }
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const began = performance.now();
    try {
      const seconds = this.#seconds;
      const answer = await lab.graph({ namespaces: this.#namespaces, seconds });
      if (answer.state === 'seen') this.#add(answer.frame);
      else this.#say(gapWords(answer.state, answer.detail, this.#namespaces));
    } catch (error) {
      this.#say(sentenceOf(error));
    } finally {
      this.#asking = false;
    }
    clearTimeout(this.#timer);
    if (!this.#seen || lab.state !== 'open') return;
    const left = EVERY_MS - (performance.now() - began);
    this.#timer = window.setTimeout(() => void this.#ask(), Math.max(left, EVERY_MS / 4));
  }

  get #seconds(): number {
    return Number(this.#host.dataset['seconds'] ?? 60);
  }

  #add(frame: MeshFrame): void {
    const before = this.#history.latest;
    if (before && frame.at < before.at - BACKWARDS_MS) this.#history.clear();
    this.#history.add(frame);
    this.#gap = undefined;
    this.#strip.tick(frame.at);
    if (this.#strip.isLive) this.#show(frame);
    else this.#drawGap();
    part(this.#host, '[data-kiali]').hidden = !LOOPBACK.includes(location.hostname);
    this.#tell(frame);
  }

  async #showMoment(moment: number | undefined): Promise<void> {
    const frame =
      moment === undefined
        ? this.#history.latest
        : (this.#history.at(moment) ?? (await this.#frameOf(moment)));
    if (frame) this.#show(frame);
    else if (moment !== undefined)
      this.#say(`Nothing is known of ${clockTime(moment)}: nothing was counted then.`);
  }

  async #frameOf(at: number): Promise<MeshFrame | undefined> {
    const question = { namespaces: this.#namespaces, seconds: this.#seconds, at };
    try {
      const answer = await lab.graph(question);
      if (answer.state !== 'seen') return undefined;
      this.#history.add(answer.frame);
      return answer.frame;
    } catch {
      return undefined; // the lab is away: what is shown says so
    }
  }

  #show(frame: MeshFrame): void {
    const picture = pictureOf(frame, this.#history);
    this.#picture = picture;
    this.#drawGap();
    if (picture.nodes.length === 0) return;
    this.#takeFocus(picture);
    this.#drawing.show(picture);
    this.#table.show(picture);
    this.#details.show(picture, this.#chosen);
    part(this.#host, '[data-summary]').textContent = summary(picture);
  }

  /** A line instead of the picture, or above the last one there was. */
  #say(gap: string): void {
    this.#gap = gap;
    this.#drawGap();
  }

  #drawGap(): void {
    const empty = !this.#picture || this.#picture.nodes.length === 0;
    const still = this.#picture?.calls.every(({ idle }) => idle) ?? false;
    const quiet = still && this.#picture ? quietWords(this.#picture.seconds) : undefined;
    const words = this.#gap ?? quiet;
    const line = part(this.#host, '[data-gap]');
    line.hidden = words === undefined;
    if (words !== undefined && line.dataset['said'] !== words) {
      line.dataset['said'] = words;
      line.replaceChildren(...withCode(words));
    }
    const figure = part(this.#host, 'figure');
    figure.toggleAttribute('data-stale', this.#gap !== undefined && !empty);
    for (const name of ['[data-seen]', '[data-acts]']) part(this.#host, name).hidden = empty;
    if (empty) part(this.#host, '[data-summary]').textContent = '';
  }

  #showExample(): void {
    part(this.#host, '[data-gap]').replaceChildren(
      make('b', {}, 'Example, made up.'),
      ' ',
      ...withCode(
        HOW_TO_GET_A_LAB.replace('To run this', 'To see your own').replace(/: (.*)$/, ': `$1`'),
      ),
    );
    part(this.#host, 'figure').toggleAttribute('data-example', true);
    for (const name of ['[data-seen]', '[data-acts]']) part(this.#host, name).hidden = false;
    for (const name of ['[data-time]', '[data-hold]', '[data-kiali]'])
      part(this.#host, name).hidden = true;
    if (this.#picture) return;
    this.#history.add(example);
    const picture = pictureOf(example, this.#history);
    this.#picture = picture;
    this.#takeFocus(picture);
    this.#drawing.show(picture);
    this.#table.show(picture);
    this.#details.show(picture, this.#chosen);
    part(this.#host, '[data-summary]').textContent = summary(picture);
  }

  #choose(id: string | undefined): void {
    this.#chosen = id;
    if (!this.#picture) return;
    const heard = this.#details.show(this.#picture, id);
    if (heard) announce(heard);
  }

  /** The author's choice, once it is there to be chosen. */
  #takeFocus({ nodes, calls }: Picture): void {
    if (this.#focus === undefined) return;
    const [from, to] = this.#focus.split(/\s*(?:→|->)\s*/);
    const named = (id: string) => nodes.find((node) => node.id === id)?.name;
    const found =
      to === undefined
        ? nodes.find(({ name }) => name === from)
        : calls.find((call) => named(call.from) === from && named(call.to) === to);
    if (!found) return;
    this.#focus = undefined;
    this.#chosen = found.id;
    this.#drawing.choose(found.id);
  }

  /** What begins or ends to fail is told once, when it has lasted; figures that move are not. */
  #tell({ nodes, calls }: MeshFrame): void {
    const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
    const changed = calls.filter(({ id, health }) => (this.#told.get(id) ?? 'healthy') !== health);
    const of = changed.map(({ id, health }) => `${id} ${health}`).join();
    const now = performance.now();
    if (of !== this.#news.of) this.#news = { of, since: now };
    if (of === '' || now - this.#news.since < NEWS_AFTER_MS) return;
    for (const call of changed) {
      this.#told.set(call.id, call.health);
      const name = callName({ ...call, idle: false }, nameOf).replace('→', 'to');
      announce(
        call.health === 'healthy'
          ? `${name}: nothing fails any more.`
          : `${name}: ${percent(call.failed > 0 ? call.failed : call.refused)} fail.`,
      );
    }
  }

  #buttons(): void {
    const narrow = matchMedia(NARROW);
    for (const button of this.#host.querySelectorAll<HTMLElement>('[data-view]')) {
      if (button.tagName !== 'BUTTON') continue;
      button.addEventListener('click', () => {
        const view = button.dataset['view'] ?? 'graph';
        keep(VIEW_KEY, view);
        this.#look(view);
      });
    }
    this.#look(recall(VIEW_KEY) ?? (narrow.matches ? 'table' : 'graph'));
    const figure = part(this.#host, 'figure');
    const enlarge = part(this.#host, '[data-enlarge]');
    enlarge.hidden = !document.fullscreenEnabled;
    enlarge.addEventListener('click', () => {
      void (document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen());
    });
    const follow = () => {
      enlarge.textContent = document.fullscreenElement === figure ? 'Back to the page' : 'Enlarge';
    };
    document.addEventListener('fullscreenchange', follow);
    this.#ends.push(() => document.removeEventListener('fullscreenchange', follow));
    part(this.#host, '[data-kiali]').addEventListener('click', () => void this.#openKiali());
  }

  #look(view: string): void {
    const table = view === 'table';
    part(this.#host, 'figure').dataset['view'] = table ? 'table' : 'graph';
    for (const button of this.#host.querySelectorAll<HTMLElement>('button[data-view]'))
      button.setAttribute('aria-pressed', String(button.dataset['view'] === view));
    // Out of sight it is for listening alone, and nothing to stop at.
    const region = part(this.#host, '[data-table]');
    region.classList.toggle('sr', !table);
    if (table) region.tabIndex = 0;
    else region.removeAttribute('tabindex');
    if (!table) this.#drawing.resize(this.#picture);
  }

  /** In a tab that the press has opened: one that opens later is blocked. */
  async #openKiali(): Promise<void> {
    const tab = window.open('', '_blank');
    try {
      const address = await lab.kiali();
      if (tab) tab.location.href = address;
    } catch (error) {
      tab?.close();
      this.#say(sentenceOf(error));
    }
  }

  #followWidth(): void {
    const canvas = part(this.#host, '[data-canvas]');
    let width = canvas.clientWidth;
    const observer = new ResizeObserver(() => {
      if (canvas.clientWidth === width || canvas.clientWidth === 0) return;
      width = canvas.clientWidth;
      this.#drawing.resize(this.#picture);
    });
    observer.observe(canvas);
    this.#ends.push(() => observer.disconnect());
  }
}

/** A refusal is the lab's own sentence; whatever else happened on the way, it did not answer. */
function sentenceOf(error: unknown): string {
  return error instanceof LabRefusal ? error.message : NO_ANSWER;
}
