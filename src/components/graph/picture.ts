// One moment of a mesh, with everything of the last minutes in its place: what is quiet now keeps it and is drawn as idle, so that
// nothing jumps. Pure.

import type { MeshCall, MeshFrame, MeshNode } from '../../../protocol/graph.ts';
import type { History } from './history.ts';

export interface DrawnCall extends MeshCall {
  idle: boolean;
}

export interface Picture {
  at: number;
  seconds: number;
  nodes: MeshNode[];
  calls: DrawnCall[];
}

export function pictureOf(frame: MeshFrame, history: Pick<History, 'known'>): Picture {
  const known = history.known();
  const now = new Map(frame.nodes.map((node) => [node.id, node]));
  const nodes = [...known.nodes.values()].map((last) => {
    const node = now.get(last.id);
    return node ? { ...node, versions: rows(node, last) } : quiet(last);
  });
  const calls = new Map(frame.calls.map((call) => [call.id, call]));
  for (const node of frame.nodes) if (!known.nodes.has(node.id)) nodes.push(node);
  const drawn = [...known.calls.values()].map((last): DrawnCall => {
    const call = calls.get(last.id);
    return call && call.rate > 0 ? { ...call, idle: false } : still(last);
  });
  for (const call of frame.calls) {
    if (!known.calls.has(call.id)) drawn.push({ ...call, idle: call.rate <= 0 });
  }
  return { at: frame.at, seconds: frame.seconds, nodes: nodes.sort(byId), calls: drawn.sort(byId) };
}

/** Requests a second over all calls, and the part of them that failed. */
export function totals({ calls }: Pick<Picture, 'calls'>): { rate: number; failed: number } {
  const asked = calls.filter(({ protocol }) => protocol !== 'tcp');
  const rate = asked.reduce((sum, call) => sum + call.rate, 0);
  const failed = asked.reduce((sum, call) => sum + call.rate * call.failed, 0);
  return { rate, failed: rate > 0 ? failed / rate : 0 };
}

const SEVERITY = { failure: 2, degraded: 1, healthy: 0 } as const;

/** Calls as a table lists them: what fails first, what is idle last. */
export function byTrouble(calls: readonly DrawnCall[]): DrawnCall[] {
  const weight = ({ idle, health, failed }: DrawnCall) =>
    idle ? -1 : SEVERITY[health] * 10 + Math.round(failed * 100) / 100;
  return calls.toSorted((a, b) => weight(b) - weight(a) || byId(a, b));
}

function rows(node: MeshNode, last: MeshNode): MeshNode['versions'] {
  const gone = last.versions.filter(
    ({ name }) => name !== '' && !node.versions.some((version) => version.name === name),
  );
  return [...node.versions, ...gone.map(({ name }) => ({ name, failed: 0 }))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function quiet(node: MeshNode): MeshNode {
  return {
    ...node,
    health: 'healthy',
    versions: node.versions
      .filter(({ name }) => name !== '')
      .map(({ name }) => ({ name, failed: 0 })),
  };
}

function still({ id, from, to, protocol, oneSided }: MeshCall): DrawnCall {
  const nothing = { rate: 0, failed: 0, refused: 0, mtls: 0, codes: [], split: [] };
  return { id, from, to, protocol, oneSided, ...nothing, health: 'healthy', idle: true };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
