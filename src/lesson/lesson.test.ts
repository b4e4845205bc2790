import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCourse } from './course.ts';
import { elements } from './elements.ts';
import { readLesson } from './lesson.ts';
import { all, printed } from './problem.ts';

const HEAD = `---
title: A day
module: 2
lesson: 1
minutes: 20
goal: It runs.
lead: It is nine.
---
`;

/** A lesson whose body begins at line 9. */
const lesson = (body: string) => readLesson(HEAD + body, 'day.mdx', 'module-2/a-day');
const wrong = (body: string) => printed(lesson(body).problems);

const CHECK = `check: runs
title: It runs
watch:
  pods: { objects: Pod, namespace: default }
rules:
  - expect: pods.exists(p, ready(p))
    say: "{{ size(pods) }} pods, none ready."
mistakes:
  - run: kubectl delete pod --all
    says: none ready
`;

/** A step with one check, whose YAML begins at line 11. */
const withCheck = (yaml: string) =>
  wrong(`<Step id="one" title="One">\n\`\`\`yaml check\n${yaml}\`\`\`\n</Step>`);

test('a prediction has a scale with its answer on it', () => {
  const predict = (from: string, to: string, answer: string) =>
    wrong(
      `<Predict id="g" question="How many?" from="${from}" to="${to}" answer="${answer}" unit="of 10">\nSo.\n</Predict>`,
    );
  const message =
    'day.mdx:9:1: the scale of <Predict> runs from one number to a larger one, and its `answer` lies between them.';
  assert.equal(predict('0', '10', '3'), '');
  assert.equal(predict('0', '10', '11'), message);
  assert.equal(predict('0', 'ten', '3'), message);
  assert.equal(predict('10', '0', '3'), message);
});

test('a block whose output answers a prediction knows where its number stands', () => {
  const asked = (attributes: string) =>
    lesson(
      `<Step id="one" title="One">\n<Predict id="g" question="How many?" from="0" to="9" answer="3" unit="of 9" block="count" ${attributes}>\nSo.\n</Predict>\n\`\`\`sh run="count"\nls | wc -l\n\`\`\`\n</Step>`,
    );
  const { lesson: read, problems } = asked('reads="(\\d+)" none="no &quot;files&quot;"');
  assert.equal(printed(problems), '');
  const [block] = read?.steps[0]?.blocks ?? [];
  assert.deepEqual(block?.answers, [{ reads: '(\\d+)', none: 'no "files"' }]);
  assert.match(printed(asked('none="none"').problems), /answers says where: `reads`/);
  assert.match(
    printed(asked('counts="("').problems),
    /`counts` of <Predict> is no regular expression/,
  );
});

test('a check of receipts shares its step with no other kind', () => {
  const seen = CHECK.replace('check: runs', 'check: looked')
    .replace(/watch:[\s\S]*(?=rules:)/, 'watch:\n  pods: { receipt: kubectl get pods }\n')
    .replace(/- expect: .*/, '- expect: size(pods) > 0');
  const fence = (yaml: string) => `\`\`\`yaml check\n${yaml}\`\`\`\n`;
  assert.equal(
    wrong(`<Step id="one" title="One">\n${fence(CHECK)}${fence(seen)}</Step>`),
    'day.mdx:22:1: check `looked` and check `runs` share a step, and one is of receipts: those are for steps that change nothing.',
  );
});

test('a lesson is its frontmatter, its steps in order, their blocks and checks', () => {
  const { lesson: read, problems } = lesson(`Before.

<Step id="deploy" title="Start it">

\`\`\`sh run="debug" opens=pod
kubectl run debug -it -- bash
\`\`\`

\`\`\`sh run="lookup" in=pod until="Address" exit=1
nslookup frontend
\`\`\`

\`\`\`yaml check
${CHECK}\`\`\`

</Step>

<Step id="look" title="Look at it">
Prose.
</Step>
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(read?.steps[0]?.blocks, [
    {
      id: 'debug',
      text: 'kubectl run debug -it -- bash',
      shell: 'lab',
      opensPodShell: true,
      exitCode: 0,
      file: 'day.mdx',
      line: 13,
    },
    {
      id: 'lookup',
      text: 'nslookup frontend',
      shell: 'pod',
      opensPodShell: false,
      untilSeen: 'Address',
      exitCode: 1,
      file: 'day.mdx',
      line: 17,
    },
  ]);
  assert.equal(read?.steps[0]?.checks[0]?.check, 'runs');
  assert.deepEqual(
    read?.steps.map(({ number, id, title }) => [number, id, title]),
    [
      ['1.1', 'deploy', 'Start it'],
      ['1.2', 'look', 'Look at it'],
    ],
  );
});

test('a page without a lesson number is left alone', () => {
  const { lesson: read, problems } = readLesson('---\ntitle: Prose\n---\n<Chart/>', 'p.mdx', 'p');
  assert.equal(read, undefined);
  assert.deepEqual(problems, []);
});

test('every mistake of a lesson is told at once', () => {
  assert.equal(
    wrong(`\`\`\`sh run="A"
ls
\`\`\`

<Stp>
</Stp>
`),
    `day.mdx:9:7: \`run\` needs the block’s id. Write small letters, digits and hyphens: \`deploy-frontend\`.
day.mdx:13:1: there is no <Stp>: a lesson has ${all(Object.keys(elements).map((name) => `<${name}>`))}. Did you mean \`Step\`?`,
  );
});

const cases: { name: string; body: string; says: string }[] = [
  {
    name: 'a fence with an unknown field',
    body: '<Step id="a" title="A">\n```sh run="ls" opns=pod\nls\n```\n</Step>',
    says: 'day.mdx:10:16: unknown field `opns`: a run block has `run`, `in`, `opens`, `until`, `exit`, `varies`, `skill`, `blank` and `goal`. Did you mean `opens`?',
  },
  {
    name: 'an exit code that is none',
    body: '<Step id="a" title="A">\n```sh run="ls" exit=no\nls\n```\n</Step>',
    says: 'day.mdx:10:16: `exit` needs the exit code the lesson means to show, 0 to 255: `exit=1`.',
  },
  {
    name: 'a shell nobody knows',
    body: '<Step id="a" title="A">\n```sh run="ls" in=box\nls\n```\n</Step>',
    says: 'day.mdx:10:16: `in` can only be `in=pod`.',
  },
  {
    name: 'until without its text',
    body: '<Step id="a" title="A">\n```sh run="ls" until\nls\n```\n</Step>',
    says: 'day.mdx:10:16: `until` needs the text after which the command is stopped: `until="Running"`.',
  },
  {
    name: 'an empty block',
    body: '<Step id="a" title="A">\n```sh run="ls"\n\n```\n</Step>',
    says: 'day.mdx:10:1: the block is empty: there is nothing to run.',
  },
  {
    name: 'a block that reads its own rest',
    body: '<Step id="a" title="A">\n```sh run="ask"\necho Name?\nread name\n```\n</Step>',
    says: 'day.mdx:12:1: `read` would swallow the rest of the block, because all of it is typed at once. Put the value into the command.',
  },
  {
    name: 'a heredoc without an end',
    body: '<Step id="a" title="A">\n```sh run="doc"\nkubectl apply -f - <<\'EOF\'\nkind: Pod\n```\n</Step>',
    says: 'day.mdx:11:1: the heredoc never ends: write `EOF` alone on a line after its text.',
  },
  {
    name: 'a quote without an end',
    body: '<Step id="a" title="A">\n```sh run="echo"\necho "hello\n```\n</Step>',
    says: 'day.mdx:11:1: a " is never closed, so the shell would wait for more.',
  },
  {
    name: 'a command nobody can run',
    body: '<Step id="a" title="A">\n```sh\nls\n```\n</Step>',
    says: 'day.mdx:10:1: a `sh` block that nobody can run: name it, ```sh run="…", or call it ```text.',
  },
  {
    name: 'a block outside every step',
    body: '```sh run="ls"\nls\n```',
    says: 'day.mdx:9:1: block `ls` stands outside a step: put it into a <Step>.',
  },
  {
    name: 'a check outside every step',
    body: `\`\`\`yaml check\n${CHECK}\`\`\``,
    says: 'day.mdx:9:1: check `runs` stands outside a step: put it into the <Step> it proves.',
  },
  {
    name: 'a block for a pod’s shell that nobody opened',
    body: '<Step id="a" title="A">\n```sh run="look" in=pod\nls\n```\n</Step>',
    says: 'day.mdx:10:1: block `look` is for a pod’s shell, and no block before it opens one: mark that one `opens=pod`.',
  },
  {
    name: 'a block that fades into something it does not contain',
    body: '<Step id="a" title="A">\n```sh run="ls" skill=look blank="-a" goal="Look."\nls -l\n```\n</Step>',
    says: 'day.mdx:10:1: `blank` is a part of the command to be filled in, and `-a` is none.',
  },
  {
    name: 'a block that fades without a goal',
    body: '<Step id="a" title="A">\n```sh run="ls" skill=look blank="-l"\nls -l\n```\n</Step>',
    says: 'day.mdx:10:1: a block that fades needs `skill`, `blank` and `goal`.',
  },
  {
    name: 'an expected output that somebody typed',
    body: '<Step id="a" title="A">\n```sh run="ls"\nls\n```\nProse.\n```text expected\nfile\n```\n</Step>',
    says: 'day.mdx:14:1: an expected output is never typed by hand: leave this fence out, and `npm run lessons -- --record` writes down what the block prints.',
  },
  {
    name: 'a step in a step',
    body: '<Step id="a" title="A">\n<Step id="b" title="B">\n</Step>\n</Step>',
    says: 'day.mdx:10:1: a <Step> inside a <Step>: close the first one before it.',
  },
  {
    name: 'an element without what it needs',
    body: '<Step id="a">\n</Step>',
    says: 'day.mdx:9:1: <Step> needs `title`.',
  },
  {
    name: 'an element with an unknown field',
    body: '<Voice who="Marcus" rol="CTO">\nHello.\n</Voice>',
    says: 'day.mdx:9:21: unknown field `rol`: <Voice> has `who` and `role`. Did you mean `role`?',
  },
  {
    name: 'an attribute that is no text',
    body: '<Step id={1} title="A">\n</Step>',
    says: 'day.mdx:9:7: `id` of <Step> has to be a text in quotes.',
  },
  {
    name: 'a spread attribute',
    body: '<Aside {...all}>\nHello.\n</Aside>',
    says: 'day.mdx:9:1: <Aside> takes no {…} among its attributes.',
  },
  {
    name: 'an id that is none',
    body: '<Step id="Step One" title="A">\n</Step>',
    says: 'day.mdx:9:1: `Step One` is no id. Write small letters, digits and hyphens: `deploy-frontend`.',
  },
  {
    name: 'MDX that is none',
    body: '<Step id="a" title="A">\nProse.',
    says: 'day.mdx:9:1: bad MDX: Expected a closing tag for `<Step>` (9:1-9:24).',
  },
];

for (const { name, body, says } of cases) {
  test(`the author of ${name} is told so`, () => {
    assert.equal(wrong(body), says);
  });
}

const checkCases: { name: string; yaml: string; says: string }[] = [
  {
    name: 'bad YAML',
    yaml: 'check: runs\ntitle: It: runs\n',
    says: 'day.mdx:12:8: bad YAML: a text with a colon and a blank in it needs quotes around it, or `>-` before it.',
  },
  {
    name: 'an unknown field of a check',
    yaml: CHECK.replace('title:', 'titel:'),
    says: `day.mdx:11:1: \`title\` is missing: a check needs a text.
day.mdx:12:1: unknown field \`titel\`: a check has \`check\`, \`title\`, \`watch\`, \`rules\`, \`seen\`, \`mode\`, \`mistakes\`, \`alternatives\`, \`breaks\` and \`measures\`. Did you mean \`title\`?`,
  },
  {
    name: 'an unknown field of a rule',
    yaml: CHECK.replace('    say:', '    hnt: Look.\n    say:'),
    says: 'day.mdx:17:5: unknown field `hnt`: a rule has `expect`, `say`, `hint` and `answer`. Did you mean `hint`?',
  },
  {
    name: 'an unknown field of a mistake',
    yaml: CHECK.replace('    says: none', '    say: none'),
    says: `day.mdx:19:5: \`says\` is missing: a mistake needs a text.
day.mdx:20:5: unknown field \`say\`: a mistake has \`run\` and \`says\`. Did you mean \`says\`?`,
  },
  {
    name: 'an input that watches nothing',
    yaml: CHECK.replace('objects: Pod', 'kind: Pod'),
    says: 'day.mdx:14:3: input `pods` does not say what it watches: begin it with `object`, `objects`, `log`, `file`, `version`, `promql` or `receipt`.',
  },
  {
    name: 'an unknown field of an input',
    yaml: CHECK.replace('namespace:', 'namespce:'),
    says: 'day.mdx:14:25: unknown field `namespce`: an input of `objects` has `objects`, `apiVersion`, `namespace`, `labels` and `fields`. Did you mean `namespace`?',
  },
  {
    name: 'an input without a name',
    yaml: CHECK.replace('objects: Pod', 'object: Pod'),
    says: 'day.mdx:14:9: `name` is missing: an input of `object` needs a text.',
  },
  {
    name: 'a check of receipts that looks at the cluster, too',
    yaml: CHECK.replace('watch:', 'watch:\n  ran: { receipt: istioctl }'),
    says: 'day.mdx:15:3: a check of receipts is seen, never proven, and `pods` could prove something: give it a check of its own, in another step.',
  },
  {
    name: 'a field of the wrong type',
    yaml: CHECK.replace(/rules:[\s\S]*(?=mistakes:)/, 'rules: yes\n'),
    says: 'day.mdx:15:8: `rules` has to be a list.',
  },
  {
    name: 'a mode nobody knows',
    yaml: `${CHECK}mode: once\n`,
    says: 'day.mdx:21:7: `mode` has to be `level` or `history`.',
  },
  {
    name: 'missing mistakes',
    yaml: CHECK.replace(/mistakes:[\s\S]*/, ''),
    says: 'day.mdx:11:1: `mistakes` is missing. Name at least one plausible wrong way: what is run, and the words the check then says.',
  },
  {
    name: 'no mistakes at all',
    yaml: CHECK.replace(/mistakes:[\s\S]*/, 'mistakes: []\n'),
    says: 'day.mdx:18:11: `mistakes` is missing. Name at least one plausible wrong way: what is run, and the words the check then says.',
  },
  {
    name: 'no rules at all',
    yaml: CHECK.replace(/rules:[\s\S]*(?=mistakes:)/, 'rules: []\n'),
    says: 'day.mdx:15:8: `rules` is empty: say what has to be true, in `expect`.',
  },
  {
    name: 'CEL with a slip in its syntax',
    yaml: CHECK.replace('ready(p))', 'ready(p)'),
    says: 'day.mdx:16:36: CEL: Expected RPAREN, got EOF.',
  },
  {
    name: 'an unknown input',
    yaml: CHECK.replace('pods.exists', 'pod.exists'),
    says: 'day.mdx:16:13: unknown input `pod`: `watch` names `pods`. Did you mean `pods`?',
  },
  {
    name: 'an unknown input inside a sentence',
    yaml: CHECK.replace('size(pods)', 'size(pdos)'),
    says: 'day.mdx:17:19: unknown input `pdos`: `watch` names `pods`. Did you mean `pods`?',
  },
  {
    name: 'a predicate nobody knows',
    yaml: CHECK.replace('ready(p)', 'redy(p)'),
    says: "day.mdx:16:28: CEL: found no matching overload for 'redy(dyn)'.",
  },
  {
    name: 'types that do not fit',
    yaml: CHECK.replace('pods.exists(p, ready(p))', 'size(pods) > "2"'),
    says: 'day.mdx:16:13: CEL: no such overload: int > string.',
  },
  {
    name: 'a condition that is no condition',
    yaml: CHECK.replace('pods.exists(p, ready(p))', 'size(pods)'),
    says: 'day.mdx:16:13: a condition is true or false, and this is an int.',
  },
  {
    name: 'an input CEL cannot name',
    yaml: CHECK.replace('  pods:', '  my-pods:').replaceAll(/(?<=\W)pods(?=[.)])/g, 'my_pods'),
    says: `day.mdx:14:3: \`my-pods\` cannot be used in a condition. Name the input with letters, digits and _: \`my_pods\`.
day.mdx:16:13: unknown input \`my_pods\`: \`watch\` names \`my-pods\`. Did you mean \`my-pods\`?
day.mdx:17:19: unknown input \`my_pods\`: \`watch\` names \`my-pods\`. Did you mean \`my-pods\`?`,
  },
];

for (const { name, yaml, says } of checkCases) {
  test(`the author of a check with ${name} is told so`, () => {
    assert.equal(withCheck(yaml), says);
  });
}

test('a mistake deep in a folded condition is told at its own line', () => {
  const yaml = CHECK.replace(
    'pods.exists(p, ready(p))',
    '>-\n      size(pods) > 0 &&\n      pods.all(p, redy(p))',
  );
  assert.match(withCheck(yaml), /^day\.mdx:18:19: CEL: found no matching overload/);
});

const headCases: { name: string; from: string; to: string; says: string }[] = [
  {
    name: 'a missing field',
    from: 'goal: It runs.\n',
    to: '',
    says: 'day.mdx:1:1: `goal` is missing. A lesson begins with `title`, `module`, `lesson`, `minutes`, `goal` and `lead`.',
  },
  {
    name: 'minutes that are none',
    from: 'minutes: 20',
    to: 'minutes: soon',
    says: 'day.mdx:5:10: `minutes` has to be a whole number from 1 on.',
  },
  {
    name: 'an unknown field',
    from: 'minutes: 20',
    to: 'minutes: 20\nlevel: deep',
    says: 'day.mdx:6:1: unknown field `level`: a lesson has `title`, `module`, `lesson`, `minutes`, `goal`, `lead` and `optional`, and Starlight’s own.',
  },
  {
    name: 'bad YAML',
    from: 'goal: It runs.',
    to: 'goal: It: runs.',
    says: 'day.mdx:6:7: bad YAML: a text with a colon and a blank in it needs quotes around it, or `>-` before it.',
  },
];

for (const { name, from, to, says } of headCases) {
  test(`the author of frontmatter with ${name} is told so`, () => {
    const source = HEAD.replace(from, to);
    assert.equal(printed(readLesson(source, 'day.mdx', 'module-2/a-day').problems), says);
  });
}

const file = (name: string, body: string, number: number) => ({
  file: `${name}.mdx`,
  id: `module-2/${name}`,
  source: HEAD.replace('lesson: 1', `lesson: ${number}`) + body,
});

test('two blocks of one id are told, wherever they stand in the course', () => {
  const body = '<Step id="NAME" title="A">\n```sh run="ls"\nls\n```\n</Step>';
  const { problems } = readCourse([
    file('day', body.replace('NAME', 'a'), 1),
    file('night', body.replace('NAME', 'b'), 2),
  ]);
  assert.equal(
    printed(problems),
    'night.mdx:10:1: two blocks are called `ls`: the other is at day.mdx:10. Rename one.',
  );
});

test('two steps, two checks and two reflections of one id are told', () => {
  const body = `<Step id="a" title="A">\n\`\`\`yaml check\n${CHECK}\`\`\`\n<Reflect id="r" question="?" />\n</Step>`;
  const { problems } = readCourse([file('day', body, 1), file('night', body, 2)]);
  assert.equal(
    printed(problems),
    `night.mdx:9:1: two steps are called \`a\`: the other is at day.mdx:9. Rename one.
night.mdx:11:8: two checks are called \`runs\`: the other is at day.mdx:11. Rename one.
night.mdx:22:1: two reflections are called \`r\`: the other is at day.mdx:22. Rename one.`,
  );
});

test('an answer names a block of its own lesson', () => {
  const check = CHECK.replace('    say:', '    answer: strt\n    say:');
  const step = `<Step id="a" title="A">\n\`\`\`sh run="start"\nls\n\`\`\`\n\`\`\`yaml check\n${check}\`\`\`\n</Step>`;
  assert.equal(
    printed(readCourse([file('day', step, 1)]).problems),
    'day.mdx:20:13: the rule’s `answer` names a block `strt` that this lesson does not have. Did you mean `start`?',
  );
  assert.deepEqual(readCourse([file('day', step.replace('strt', 'start'), 1)]).problems, []);
});

test('two lessons of one number are told', () => {
  const { problems } = readCourse([file('day', '', 1), file('night', '', 1)]);
  assert.equal(
    printed(problems),
    'night.mdx:1:1: lesson 1 of module 2 is day.mdx already: give one of them another number.',
  );
});

test('lessons stand in the order of their numbers, whatever their files are called', () => {
  const { catalogue } = readCourse([file('b', '', 1), file('a', '', 2), file('c', '', 0)]);
  assert.deepEqual(
    catalogue.lessons.map(({ id }) => id),
    ['module-2/c', 'module-2/b', 'module-2/a'],
  );
});

for (const { measure, says } of [
  { measure: 'value: size(pods)', says: '' },
  {
    measure: 'value: size(pds)',
    says: 'day.mdx:26:17: unknown input `pds`: `watch` names `pods`. Did you mean `pods`?',
  },
  {
    measure: 'form: { receipt: kubectl }',
    says: 'day.mdx:26:5: unknown field `form`: a measure has `measure`, `title`, `pair`, `side`, `unit`, `how`, `value`, `from`, `to`, `less` and `atLeast`. Did you mean `from`?',
  },
  {
    measure: 'less: 5',
    says: 'day.mdx:22:5: measure `many` needs either `value`, a number of the check’s inputs, or `from`, where a span begins.',
  },
  {
    measure: 'from: { rule: 1 }',
    says: 'day.mdx:26:11: the rules of check `runs` hold all at once. Moments of rules are for `mode: history`.',
  },
]) {
  test(`a measure with ${measure} ${says ? 'is told of' : 'is taken'}`, () => {
    const head =
      'measures:\n  - measure: many\n    title: Pods\n    unit: requests\n    how: Counted.\n';
    assert.equal(withCheck(`${CHECK}${head}    ${measure}\n`), says);
  });
}
