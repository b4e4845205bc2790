import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut, type Shape } from './layout.ts';

const box = (id: string) => ({ id, width: 110, height: 48 });
const call = (from: string, to: string) => ({ id: `${from} ${to}`, from, to });
const company: Shape = {
  nodes: ['load', 'frontend', 'backend', 'database', 'payments'].map(box),
  calls: [
    call('load', 'frontend'),
    call('frontend', 'backend'),
    call('backend', 'database'),
    call('backend', 'payments'),
  ],
  label: { width: 84, height: 34 },
};

const inOrder = (values: (number | undefined)[]) =>
  values.every((value, at) => at === 0 || (value ?? 0) > (values[at - 1] ?? 0));

test('services stand by call depth, to the right or downwards', () => {
  const right = layOut(company, 'right');
  assert.ok(
    inOrder(['load', 'frontend', 'backend', 'database'].map((id) => right.nodes.get(id)?.x)),
  );
  const down = layOut(company, 'down');
  assert.ok(
    inOrder(['load', 'frontend', 'backend', 'database'].map((id) => down.nodes.get(id)?.y)),
  );
  assert.ok(down.width < right.width);
});

test('the same things are laid out the same, in whatever order they come', () => {
  const again = {
    ...company,
    nodes: company.nodes.toReversed(),
    calls: company.calls.toReversed(),
  };
  assert.deepEqual(layOut(again, 'right'), layOut(company, 'right'));
});

test('a line leaves and enters at the sides of its services, and its arrow points onward', () => {
  const { nodes, lines } = layOut(company, 'right');
  const [from, to] = [nodes.get('frontend'), nodes.get('backend')];
  const line = lines.get('frontend backend');
  assert.ok(from && to && line);
  assert.ok(
    line.path.startsWith(`M${from.x + from.width} ${from.y + from.height / 2}C`),
    line.path,
  );
  assert.deepEqual(line.tip, { x: to.x, y: to.y + to.height / 2, angle: 0 });
  assert.ok(line.label.x > from.x + from.width && line.label.x < to.x);
});

test('a line runs straight past its own figures', () => {
  const { lines } = layOut(company, 'right');
  for (const id of ['backend database', 'backend payments']) {
    const line = lines.get(id);
    assert.ok(line);
    const ends = [...line.path.matchAll(/C[-\d. ]+ (\S+) (\S+?)(?=C|$)/g)].map(([, x, y]) => ({
      x: Number(x),
      y: Number(y),
    }));
    const [before, after] = ends.filter(({ y }) => Math.abs(y - line.label.y) < 0.1);
    assert.ok(before && after, line.path);
    assert.ok(before.x <= line.label.x - 41 && after.x >= line.label.x + 41, line.path);
  }
});

test('two lines at one side have a port each; a way back enters from behind', () => {
  const { lines } = layOut(
    { ...company, calls: [...company.calls, call('database', 'frontend')] },
    'right',
  );
  const starts = ['backend database', 'backend payments'].map(
    (id) => /^M\S+ (\S+?)C/.exec(lines.get(id)?.path ?? '')?.[1],
  );
  assert.notEqual(starts[0], starts[1]);
  assert.equal(lines.get('database frontend')?.tip.angle, 180);
});

test('a service that calls itself, and one that nobody calls, are drawn', () => {
  const { nodes, lines } = layOut(
    { nodes: [box('a'), box('alone')], calls: [call('a', 'a')], label: undefined },
    'down',
  );
  assert.equal(nodes.size, 2);
  assert.match(lines.get('a a')?.path ?? '', /^M[\d.]+ [\d.]+(C[-\d. ]+)+$/);
});

test('each call of sixty services has its line', () => {
  const nodes = Array.from({ length: 60 }, (_, at) => box(`service-${at}`));
  const calls = Array.from({ length: 120 }, (_, at) => ({
    id: `call-${at}`,
    from: `service-${Math.floor(at / 3)}`,
    to: `service-${Math.min(59, at / 2 + 1 + (at % 7)) | 0}`,
  }));
  const { lines } = layOut({ nodes, calls, label: undefined }, 'right');
  assert.equal(lines.size, 120);
});
