// Where services stand and how calls run between them. The same things are laid out the same, whatever their numbers are.
// dagre decides the places; lines leave and enter at the sides of a service and bend once for each rank they cross. Pure.

import { Graph, layout as dagre } from '@dagrejs/dagre';

export interface Point {
  x: number;
  y: number;
}

export interface Shape {
  nodes: readonly { id: string; width: number; height: number }[];
  calls: readonly { id: string; from: string; to: string }[];
  /** Room beside each line for its figures; none where there are too many lines for that. */
  label: { width: number; height: number } | undefined;
}

/** `right`: by call depth from left to right. `down`: from the top, where the column is narrow. */
export type Direction = 'right' | 'down';

export interface Line {
  path: string;
  /** Where the arrow's tip is, and where it points, in degrees. */
  tip: Point & { angle: number };
  label: Point;
}

export interface Layout {
  direction: Direction;
  width: number;
  height: number;
  /** By id; x and y are the upper left corner. */
  nodes: Map<string, Point & { width: number; height: number }>;
  lines: Map<string, Line>;
}

/** Between neighbours, between ranks (a line's label lies there, too), and around everything. */
const BESIDE = 22;
const BESIDE_WITHOUT_LABELS = 12;
const BETWEEN = 56;
const BETWEEN_WITHOUT_LABELS = 96;
const AROUND = 14;
/** Between two lines at the same side of a service. */
const PORT = 12;
/** Length of an arrow's head, before which its line ends. */
export const HEAD = 9;

export function layOut(shape: Shape, direction: Direction): Layout {
  const graph = new Graph<object, Box, Bend>({ directed: true, multigraph: true });
  graph.setGraph({
    rankdir: direction === 'right' ? 'LR' : 'TB',
    nodesep: shape.label ? BESIDE : BESIDE_WITHOUT_LABELS,
    edgesep: shape.label ? 14 : 6,
    ranksep: shape.label ? BETWEEN : BETWEEN_WITHOUT_LABELS,
    marginx: AROUND,
    marginy: AROUND,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of shape.nodes.toSorted(byId))
    graph.setNode(id, { width, height });
  for (const { id, from, to } of shape.calls.toSorted(byId)) {
    if (!graph.hasNode(from) || !graph.hasNode(to)) continue;
    const label = shape.label && { ...shape.label, labelpos: direction === 'right' ? 'c' : 'r' };
    graph.setEdge(from, to, { ...label, labeloffset: 10 }, id);
  }
  dagre(graph as never);
  return read(graph, direction, shape.label);
}

interface Box extends Partial<Point> {
  width: number;
  height: number;
}

interface Bend extends Partial<Point> {
  points?: Point[];
  width?: number;
  height?: number;
  labelpos?: string;
  labeloffset?: number;
}

function read(
  graph: Graph<object, Box, Bend>,
  direction: Direction,
  label: Shape['label'],
): Layout {
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const nodes: Layout['nodes'] = new Map(
    graph.nodes().map((id) => {
      const { x = 0, y = 0, ...box } = graph.node(id);
      return [
        id,
        { x: x - box.width / 2, y: y - box.height / 2, width: box.width, height: box.height },
      ];
    }),
  );
  const runs = graph.edges().map(({ v, w, name = '' }) => {
    const { points = [], x, y } = graph.edge(v, w, name);
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
    return {
      id: name,
      from: v,
      to: w,
      bends: points.slice(1, -1),
      label: { x: x ?? middle.x, y: y ?? middle.y },
    };
  });
  const size = label && (direction === 'right' ? label.width : label.height);
  const ports = new Ports(nodes, direction);
  for (const run of runs) {
    if (size !== undefined) straighten(run, size / 2, direction);
    ports.want(run);
  }
  const lines = runs.map((run) => [run.id, lineOf(run, ports, direction)] as const);
  return {
    direction,
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes,
    lines: new Map(lines),
  };
}

interface Run {
  id: string;
  from: string;
  to: string;
  bends: Point[];
  label: Point;
}

/** Past its own figures a line runs straight, so that it does not run through them. */
function straighten(run: Run, half: number, direction: Direction): void {
  const along = direction === 'right' ? 'x' : 'y';
  const [first, last] = [run.bends[0], run.bends.at(-1)];
  const onward = first && last && last[along] < first[along] ? -1 : 1;
  run.bends = run.bends.flatMap((bend) =>
    Math.abs(bend[along] - run.label[along]) < 1
      ? [-half, half].map((by) => ({ ...bend, [along]: bend[along] + onward * by }))
      : [bend],
  );
}

/** Side by side where several lines meet one side of a service, in the order of where they come from. */
class Ports {
  readonly #nodes: Layout['nodes'];
  readonly #along: 'x' | 'y';
  readonly #across: 'x' | 'y';
  readonly #sides = new Map<string, { run: string; towards: number }[]>();

  constructor(nodes: Layout['nodes'], direction: Direction) {
    this.#nodes = nodes;
    this.#along = direction === 'right' ? 'x' : 'y';
    this.#across = direction === 'right' ? 'y' : 'x';
  }

  want({ id, from, to, bends, label }: Run): void {
    const first = bends[0] ?? label;
    const last = bends.at(-1) ?? label;
    this.#side(from, first).push({ run: `${id} out`, towards: first[this.#across] });
    this.#side(to, last).push({ run: `${id} in`, towards: last[this.#across] });
  }

  of(run: string, node: string, next: Point): Point & { forward: boolean } {
    const box = this.#nodes.get(node) ?? { x: 0, y: 0, width: 0, height: 0 };
    const side = this.#side(node, next).toSorted((a, b) => a.towards - b.towards);
    const [extent, breadth] =
      this.#along === 'x' ? [box.width, box.height] : [box.height, box.width];
    const gap = Math.min(PORT, (breadth - PORT) / Math.max(1, side.length - 1));
    const place = side.findIndex((one) => one.run === run) - (side.length - 1) / 2;
    const across = box[this.#across] + breadth / 2 + place * gap;
    const forward = this.#isForward(box, next);
    const along = box[this.#along] + (forward ? extent : 0);
    return this.#along === 'x'
      ? { x: along, y: across, forward }
      : { x: across, y: along, forward };
  }

  #side(node: string, next: Point) {
    const box = this.#nodes.get(node) ?? { x: 0, y: 0, width: 0, height: 0 };
    const key = `${node} ${this.#isForward(box, next) ? 'after' : 'before'}`;
    const side = this.#sides.get(key) ?? [];
    this.#sides.set(key, side);
    return side;
  }

  #isForward(box: Point & { width: number; height: number }, next: Point): boolean {
    const half = this.#along === 'x' ? box.width / 2 : box.height / 2;
    return next[this.#along] > box[this.#along] + half;
  }
}

function lineOf({ id, from, to, bends, label }: Run, ports: Ports, direction: Direction): Line {
  const start = ports.of(`${id} out`, from, bends[0] ?? label);
  const end = ports.of(`${id} in`, to, bends.at(-1) ?? label);
  // The line meets the side it enters by: from before, it points onward.
  const onward = end.forward ? -1 : 1;
  const angle = direction === 'right' ? (onward > 0 ? 0 : 180) : onward > 0 ? 90 : -90;
  const neck =
    direction === 'right'
      ? { x: end.x - onward * HEAD, y: end.y }
      : { x: end.x, y: end.y - onward * HEAD };
  return {
    path: curve([start, ...bends, neck], direction),
    tip: { x: end.x, y: end.y, angle },
    label,
  };
}

/** Along the ranks at every point, so that lines leave, pass and enter straight. */
function curve([first, ...rest]: Point[], direction: Direction): string {
  if (!first) return '';
  let from = first;
  const pieces = rest.map((to) => {
    const middle =
      direction === 'right'
        ? [(from.x + to.x) / 2, from.y, (from.x + to.x) / 2, to.y]
        : [from.x, (from.y + to.y) / 2, to.x, (from.y + to.y) / 2];
    from = to;
    return `C${[...middle, to.x, to.y].map(round).join(' ')}`;
  });
  return `M${round(first.x)} ${round(first.y)}${pieces.join('')}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
