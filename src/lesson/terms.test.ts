import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RootContent } from 'mdast';
import remarkMdx from 'remark-mdx';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { type LessonFile, readCourse } from './course.ts';
import { readGlossary } from './glossary.ts';
import { printed } from './problem.ts';
import { markTerms } from './terms.ts';

const WORDS = `
pod:
  forms: [pod, pods]
  says: The smallest thing that runs.
service:
  forms: [Service, Services]
  says: A name that stays.
service-mesh:
  forms: [service mesh]
  says: A proxy beside every service.
mesh:
  forms: [mesh]
  says: Short for the same.
`;
const { glossary } = readGlossary(WORDS, 'glossary.yaml');
const parser = unified().use(remarkParse).use(remarkMdx);

/** The prose with each marked word in square brackets. */
function marked(source: string): string {
  const tree = parser.parse(source);
  markTerms(tree, glossary);
  return said({ type: 'paragraph', children: [] }, tree.children);
}

function said(_parent: RootContent, children: readonly RootContent[]): string {
  return children
    .map((node) => {
      if (node.type === 'text') return node.value;
      if (node.type === 'mdxJsxTextElement' && node.name === 'term-note') {
        const [word] = node.children;
        return word ? `[${said(word, 'children' in word ? word.children : [])}]` : '';
      }
      return 'children' in node ? said(node, node.children) : '';
    })
    .join('');
}

test('marks the first appearance of a word, and no other', () => {
  assert.equal(marked('A pod runs. Pods come and go.'), 'A [pod] runs. Pods come and go.');
});

test('knows a small first letter at the beginning of a sentence, and a capital as another word', () => {
  assert.equal(
    marked('Pods have a Service. No service is one.'),
    '[Pods] have a [Service]. No service is one.',
  );
  assert.equal(marked('Customer service is no term.'), 'Customer service is no term.');
});

test('takes the longest word that fits, and no part of one', () => {
  assert.equal(marked('A service mesh is a mesh.'), 'A [service mesh] is a [mesh].');
  assert.equal(marked('The podium, pod-like, tripods.'), 'The podium, pod-like, tripods.');
});

test('looks into emphasis, lists, steps and asides', () => {
  assert.equal(marked('Each copy is a **pod**.'), 'Each copy is a [pod].');
  assert.equal(marked('<Step id="a" title="b">\n\n- one mesh\n\n</Step>'), 'one [mesh]');
});

test('leaves alone headings, links, code, tables and what people say', () => {
  const source = `# A pod

[a pod](/x) and \`pod\`

<Voice who="Marcus">
  My pods.
</Voice>

| pod |
| --- |
| pod |

The pod.`;
  assert.match(marked(source), /The \[pod\]\.$/);
  assert.equal(marked(source).split('[').length, 2);
});

test('an author may mark a form of their own', () => {
  assert.equal(marked('<Term name="mesh">Meshes</Term> and a mesh.'), '[Meshes] and a mesh.');
});

const lesson = (body: string): LessonFile => ({
  file: 'day.mdx',
  id: 'module-2/day',
  source: `---\ntitle: Day\nmodule: 2\nlesson: 1\nminutes: 5\ngoal: g\nlead: l\n---\n\n${body}\n`,
});

test('tells an author of a word that the glossary does not have, with its place', () => {
  const { problems } = readCourse(
    [lesson('A pod, a Service, a mesh, a service mesh, and a <Term name="pot">pot</Term>.')],
    readGlossary(WORDS, 'glossary.yaml'),
  );
  assert.equal(printed(problems), 'day.mdx:10:49: the glossary has no `pot`. Did you mean `pod`?');
});

test('says where each word appears first, and tells of a slip in the glossary', () => {
  const { problems, terms } = readCourse(
    [lesson('A pod, a Service and a service mesh.')],
    readGlossary(`${WORDS}node:\n  froms: [node]\n  says: A computer.\n`, 'glossary.yaml'),
  );
  assert.deepEqual(
    terms.map(({ name, lesson: where }) => `${name} ${where}`),
    ['pod module-2/day', 'service module-2/day', 'service-mesh module-2/day'],
  );
  assert.equal(
    printed(problems),
    [
      'glossary.yaml:15:3: unknown field `froms`: a term has `forms` and `says`. Did you mean `forms`?',
      'glossary.yaml:15:3: term `node` needs `forms`, a list of texts.',
    ].join('\n'),
  );
});

test('two words cannot share a form', () => {
  const { problems } = readGlossary(`${WORDS}poddy:\n  forms: [pod]\n  says: x\n`, 'glossary.yaml');
  assert.equal(
    printed(problems),
    'glossary.yaml:15:10: `pod` is a form of `pod` already: give it to one of them.',
  );
});
