import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellProblems } from './shell.ts';

const reads = [
  'read name',
  'echo hi; read name',
  'while read line; do echo $line; done',
  'kubectl get pods | while read name rest; do echo $name; done',
  'if read x; then echo $x; fi',
  'true && read x',
];
for (const text of reads) {
  test(`\`${text}\` reads what is typed after it`, () => {
    assert.equal(shellProblems(text).length, 1);
  });
}

const harmless = [
  'kubectl auth can-i read pods',
  'echo "please; read this"',
  "echo 'read'",
  '# read the docs',
  'cat README.md',
  'already=1; readonly x',
  "cat <<'EOF'\nread this\nit's \"fine\nEOF",
  'cat <<-EOF\n\tread this\n\tEOF',
  'kubectl patch svc x -p \'{"a":\n"b"}\'',
  'cat <<< "read"',
  'curl -w "it\'s\\n" http://frontend/ # don\'t',
];
for (const text of harmless) {
  test(`\`${text.replaceAll('\n', '⏎')}\` is typed as it stands`, () => {
    assert.deepEqual(shellProblems(text), []);
  });
}
