import assert from 'node:assert/strict';
import { test } from 'node:test';
import { having } from './assumption.ts';
import { payback, paybackWords, ROWS, tornado, tornadoWords, verdict } from './drawings.ts';
import { marcusFigures } from './returns.ts';
import { type Branch, textOf, type Tree } from './tree.ts';

const marcus = marcusFigures();

function all(tree: Tree, tag: string): Branch[] {
  if (typeof tree === 'string') return [];
  return [
    ...(tree.tag === tag ? [tree] : []),
    ...tree.children.flatMap((child) => all(child, tag)),
  ];
}

test('the tornado has its widest bar first, and every bar within the picture', () => {
  const bars = all(tornado(marcus), 'rect').map(({ attributes }) => ({
    x: Math.round(Number(attributes['x'])),
    width: Math.round(Number(attributes['width'])),
  }));
  assert.equal(bars.length, ROWS);
  assert.deepEqual(
    bars.map(({ width }) => width),
    bars.map(({ width }) => width).toSorted((a, b) => b - a),
  );
  assert.ok(bars.every(({ x, width }) => x >= 48 && x + width <= 352));
});

test('a figure that the lab has spoken for is drawn as measured', () => {
  const kinds = (measured: string[]) =>
    all(tornado(marcus, new Set(measured)), 'rect').map(({ attributes }) => attributes['class']);
  assert.ok(!kinds([]).includes('measured'));
  assert.ok(kinds(['downtime-saved']).includes('measured'));
});

test('both drawings say in words what they show', () => {
  const [words] = all(tornado(marcus), 'desc').map(textOf);
  assert.equal(words, tornadoWords(marcus));
  assert.match(words ?? '', /Delay avoided: 139% at 0%, 412% at 75%\./);
  assert.equal(
    paybackWords(marcus),
    'Everything counted: paid back after 70 days. Labour and downtime: paid back after 4.2 months. Labour alone: paid back after 13.2 months.',
  );
});

test('what is never paid back has no circle, and says so', () => {
  const dear = having(marcus, 'running', 500_000);
  assert.match(paybackWords(dear), /Labour alone: never paid back\./);
  assert.equal(all(payback(dear), 'circle').length, 2);
});

test('the sentence names what moves the answer most, and whether it was measured', () => {
  assert.match(
    verdict(marcus),
    /^Delay avoided moves the answer most: .* Nobody has measured it\. Say so/,
  );
  assert.match(
    verdict(marcus, new Set(['debugging-saved'])),
    /what you measured moves the answer far less/,
  );
  assert.match(
    verdict(marcus, new Set(['late-saved'])),
    /Measure it again on a system of your own/,
  );
});
