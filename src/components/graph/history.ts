// The last minutes of a mesh: frames by time, bounded, and everything that was seen in them. Pure.

import type { MeshCall, MeshFrame, MeshNode } from '../../../protocol/graph.ts';

/** Milliseconds that can be gone back. */
export const SPAN_MS = 5 * 60_000;
/** Frames as they come, for this long; older ones by steps. */
const FINE_MS = 60_000;
export const STEP_MS = 5_000;
/** Milliseconds by which a frame may miss a moment and still be of it. */
const NEAR_MS = STEP_MS / 2;

export class History {
  /** By time. */
  #frames: MeshFrame[] = [];

  get latest(): MeshFrame | undefined {
    return this.#frames.at(-1);
  }

  get size(): number {
    return this.#frames.length;
  }

  /** A frame of now, or one of the past that was missing. */
  add(frame: MeshFrame): void {
    const after = this.#frames.findIndex(({ at }) => at >= frame.at);
    if (after < 0) this.#frames.push(frame);
    else this.#frames.splice(after, this.#frames[after]?.at === frame.at ? 1 : 0, frame);
    this.#thin();
  }

  /** The frame of that moment, if one is near. */
  at(moment: number): MeshFrame | undefined {
    const [nearest] = this.#frames.toSorted((a, b) => away(a, moment) - away(b, moment));
    return nearest && away(nearest, moment) <= NEAR_MS ? nearest : undefined;
  }

  /** Whatever was seen in these minutes, each as it was last. */
  known(): { nodes: Map<string, MeshNode>; calls: Map<string, MeshCall> } {
    const nodes = new Map<string, MeshNode>();
    const calls = new Map<string, MeshCall>();
    for (const frame of this.#frames) {
      for (const node of frame.nodes) nodes.set(node.id, withVersions(node, nodes.get(node.id)));
      for (const call of frame.calls) calls.set(call.id, call);
    }
    return { nodes, calls };
  }

  clear(): void {
    this.#frames = [];
  }

  #thin(): void {
    const now = this.latest?.at ?? 0;
    let step = Number.NaN;
    this.#frames = this.#frames.filter(({ at }) => {
      if (at < now - SPAN_MS) return false;
      if (at >= now - FINE_MS) return true;
      const previous = step;
      step = Math.floor(at / STEP_MS);
      return step !== previous;
    });
  }
}

/** A version that nobody calls at the moment keeps its row. */
function withVersions(node: MeshNode, before: MeshNode | undefined): MeshNode {
  const gone = (before?.versions ?? []).filter(
    ({ name }) => name !== '' && !node.versions.some((version) => version.name === name),
  );
  if (gone.length === 0) return node;
  const versions = [...node.versions, ...gone.map(({ name }) => ({ name, failed: 0 }))];
  return { ...node, versions: versions.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function away({ at }: MeshFrame, moment: number): number {
  return Math.abs(at - moment);
}
