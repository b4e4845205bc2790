// What is known of the service or call that was chosen: a sentence for people, then the figures.

import type { MeshNode } from '../../../protocol/graph.ts';
import { make } from '../page/dom.ts';
import type { DrawnCall, Picture } from './picture.ts';
import {
  callName,
  callStory,
  encrypted,
  milliseconds,
  nodeStory,
  overview,
  percent,
  rateOf,
  seenBy,
  troubleCodes,
  underName,
  versionName,
} from './words.ts';

type Fact = [name: string, value: string, bad?: boolean];

export class Details {
  readonly #place: HTMLElement;
  #shown = '';

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Returns what a listener should hear of it; empty when nothing is chosen. */
  show(picture: Picture, chosen: string | undefined): string {
    const nodes = new Map(picture.nodes.map((node) => [node.id, node]));
    const call = picture.calls.find(({ id }) => id === chosen);
    const node = chosen === undefined ? undefined : nodes.get(chosen);
    const [title, story, facts]: [string, string, Fact[]] = call
      ? aboutCall(call, nodes)
      : node
        ? aboutNode(node, picture.calls, nodes)
        : ['', overview(picture, (id) => nodes.get(id)?.name ?? id), []];
    const text = JSON.stringify([title, story, facts]);
    if (text !== this.#shown) {
      this.#shown = text;
      this.#place.replaceChildren(
        ...(title ? [make('b', {}, title)] : []),
        make('p', {}, story),
        ...(facts.length > 0 ? [listOf(facts)] : []),
      );
    }
    return call || node ? `${title}. ${story}` : '';
  }
}

function aboutCall(
  call: DrawnCall,
  nodes: ReadonlyMap<string, MeshNode>,
): [string, string, Fact[]] {
  const nameOf = (id: string) => nodes.get(id)?.name ?? id;
  const hasProxy = (id: string) => nodes.get(id)?.proxy ?? true;
  const counted = call.protocol !== 'tcp' && !call.idle;
  const codes = troubleCodes(call.codes);
  const facts: (Fact | undefined)[] = [
    [call.protocol === 'tcp' ? 'Bytes' : 'Requests', call.idle ? 'none' : rateOf(call)],
    counted ? ['Failed', percent(call.failed), call.failed > 0] : undefined,
    counted && codes !== '' ? ['Codes', codes] : undefined,
    counted && call.p95 !== undefined ? ['Slowest 5%, over', milliseconds(call.p95)] : undefined,
    ['Encrypted', encrypted(call)],
    ['Seen by', seenBy(call, nameOf, hasProxy)],
    ...call.split.map((version): Fact => [
      versionName(version),
      version.failed > 0 && version.name !== ''
        ? `${percent(version.share ?? 0)}, ${percent(version.failed)} fail`
        : percent(version.share ?? 0),
      version.failed > 0,
    ]),
  ];
  return [callName(call, nameOf), callStory(call), facts.filter((fact) => fact !== undefined)];
}

function aboutNode(
  node: MeshNode,
  calls: readonly DrawnCall[],
  nodes: ReadonlyMap<string, MeshNode>,
): [string, string, Fact[]] {
  const nameOf = (id: string) => nodes.get(id)?.name ?? id;
  const callers = calls.filter(({ to, idle }) => to === node.id && !idle);
  const callees = calls.filter(({ from, idle }) => from === node.id && !idle);
  const asked = callers.filter(({ protocol }) => protocol !== 'tcp');
  const rate = asked.reduce((sum, call) => sum + call.rate, 0);
  const facts: (Fact | undefined)[] = [
    node.kind === 'service' ? ['Pods', underPods(node)] : undefined,
    node.namespace === '' ? undefined : ['Namespace', node.namespace],
    asked.length > 0 ? ['Asked', rateOf({ protocol: 'http', rate })] : undefined,
    ['Called by', names(callers.map(({ from }) => nameOf(from)))],
    ['Calls', names(callees.map(({ to }) => nameOf(to)))],
    node.rules.length > 0 ? ['Rules', node.rules.join(', ')] : undefined,
  ];
  return [node.name, nodeStory(node), facts.filter((fact) => fact !== undefined)];
}

function underPods(node: MeshNode): string {
  if (!node.pods) return underName(node) || 'not known';
  const { available, wanted } = node.pods;
  return `${available} of ${wanted} ready`;
}

function names(list: readonly string[]): string {
  return list.length > 0 ? [...new Set(list)].join(', ') : 'nobody now';
}

/** Name and value stay together, in however many columns there is room for. */
function listOf(facts: readonly Fact[]): HTMLElement {
  return make(
    'dl',
    {},
    ...facts.map(([name, value, bad]) =>
      make('div', {}, make('dt', {}, name), make('dd', bad ? { class: 'bad' } : {}, value)),
    ),
  );
}
