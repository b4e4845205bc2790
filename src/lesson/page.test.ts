import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Root } from 'mdast';
import remarkMdx from 'remark-mdx';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { readLesson } from './lesson.ts';
import { lessonPages } from './page.ts';
import { type RecordedLesson, withRecord } from './recorded.ts';

const SOURCE = `---
title: A day
module: 2
lesson: 1
minutes: 20
goal: It runs.
lead: It is nine.
---

See [the list](/not-simulated/).

<Step id="deploy" title="Start it">

\`\`\`sh run="start" exit=1
kubectl get nodes
\`\`\`

\`\`\`yaml check
check: runs
title: It runs
watch:
  pods: { objects: Pod }
rules:
  - expect: size(pods) > 0
    say: None.
    hint: Look.
    answer: start
mistakes:
  - run: "true"
    says: None
\`\`\`

</Step>
`;

const RECORD: RecordedLesson = {
  on: { engine: 'Embedded cluster', versions: { Kubernetes: 'v1.36.2' }, date: '2026-11-29' },
  blocks: { start: { text: 'kubectl get nodes', printed: ['mesh-lab ...'] } },
};

function page(base: string): Root {
  const { lesson, problems } = readLesson(SOURCE, 'day.mdx', 'module-2/a-day');
  assert.deepEqual(problems, []);
  for (const step of lesson?.steps ?? [])
    step.blocks = step.blocks.map((block) => withRecord(block, RECORD));
  const body = SOURCE.replace(/^---[\s\S]*?---/, '');
  const tree = unified().use(remarkParse).use(remarkMdx).parse(body);
  lessonPages({ lessonOf: () => lesson, base: () => base })()(tree, { path: 'day.mdx' });
  return tree;
}

/** Elements by name, with their attributes. */
function elements(tree: Root): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  const walk = (nodes: Root['children']) => {
    for (const node of nodes) {
      if (node.type === 'mdxJsxFlowElement') {
        found[node.name ?? ''] = Object.fromEntries(
          node.attributes.flatMap((one) =>
            one.type === 'mdxJsxAttribute' ? [[one.name, one.value]] : [],
          ),
        );
      }
      if ('children' in node) walk(node.children as Root['children']);
    }
  };
  walk(tree.children);
  return found;
}

test('fences become components with everything the page needs, and a block brings what it was last proven on', () => {
  assert.deepEqual(elements(page('/')), {
    Step: { id: 'deploy', title: 'Start it', number: '1.1', checks: 'runs' },
    RunBlock: {
      id: 'start',
      text: 'kubectl get nodes',
      shell: 'lab',
      exit: '1',
      expected: 'mesh-lab ...',
      proven:
        '{"engine":"Embedded cluster","versions":{"Kubernetes":"v1.36.2"},"date":"2026-11-29"}',
    },
    Check: { id: 'runs', title: 'It runs', answers: '{"Look.":"start"}' },
  });
});

test('each component is imported once, by the page itself', () => {
  const imports = page('/').children.flatMap((node) =>
    node.type === 'mdxjsEsm' ? [node.value] : [],
  );
  assert.deepEqual(imports.sort(), [
    'import Check from "/src/components/Check.astro";',
    'import RunBlock from "/src/components/RunBlock.astro";',
    'import Step from "/src/components/Step.astro";',
  ]);
});

test('addresses in prose begin at the course, wherever it lies', () => {
  const linked = (base: string) => JSON.stringify(page(base)).match(/"url":"([^"]*)"/)?.[1];
  assert.equal(linked('/'), '/not-simulated/');
  assert.equal(linked('/course/'), '/course/not-simulated/');
});
