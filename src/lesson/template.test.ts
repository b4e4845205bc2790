import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readCourse } from './course.ts';
import { printed } from './problem.ts';

const FILE = 'docs/lesson-template.mdx';
const source = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8');
const read = (text: string) => readCourse([{ file: FILE, id: 'module-1/template', source: text }]);

test('the template for a new lesson is a lesson as it stands', () => {
  const { catalogue, problems } = read(source);
  assert.equal(printed(problems), '');
  const [check] = catalogue.lessons[0]?.steps[0]?.checks ?? [];
  assert.ok(check && check.mistakes.length >= 3 && check.alternatives && check.breaks);
});

test('three slips in it are told at once, each with file, line and column', () => {
  const slips = source
    .replace('minutes: 15', 'minutes: a quarter')
    .replace('answer: make-settings', 'answer: make-setings')
    .replace("settings.data.colour == 'green'", "setings.data.colour == 'green'");
  const told = printed(read(slips).problems).split('\n');
  assert.equal(told.length, 3);
  const [minutes, answer, input] = told;
  assert.match(
    minutes ?? '',
    /^docs\/lesson-template\.mdx:6:10: `minutes` has to be a whole number/,
  );
  assert.match(answer ?? '', /:46:13: the rule’s `answer` names a block `make-setings`/);
  assert.match(input ?? '', /:47:13: unknown input `setings`/);
});
