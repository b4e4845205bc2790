import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { FeedMessage } from '../protocol/lab.ts';
import type { CheckSpec } from '../protocol/check.ts';
import { Boards } from './boards.ts';
import { workspacePaths } from './workspace/workspace.ts';

const check = (name: string): CheckSpec => ({
  check: name,
  title: 'The note is there',
  watch: { note: { file: 'note.txt' } },
  rules: [{ expect: 'note != null', say: 'There is no note.' }],
  mistakes: [],
});

test('a catalogue that was written anew brings new checks, without a new start', async () => {
  const home = mkdtempSync(join(tmpdir(), 'boards-'));
  const file = join(home, 'site/catalogue.json');
  const seen = new Set<string>();
  let wake = () => {};
  const boards = new Boards({
    config: { home, site: dirname(file) },
    publish: (_learner: string, message: FeedMessage) => {
      if (message.kind === 'check') seen.add(message.check.check);
      wake();
    },
    log: (message) => assert.fail(message),
  });
  let second = 0;
  const write = (name: string) => {
    const step = { id: 's', number: '1.1', title: 'S', blocks: [], checks: [check(name)] };
    const lesson = {
      id: 'm',
      module: 1,
      number: 1,
      title: 'M',
      goal: 'g',
      minutes: 1,
      steps: [step],
    };
    writeFileSync(file, JSON.stringify({ format: 1, lessons: [lesson] }));
    // Two writes within one tick of the file system's clock would look like one.
    utimesSync(file, ++second, second);
  };
  const until = async (name: string) => {
    while (!seen.has(name)) await new Promise<void>((resolve) => (wake = resolve));
  };
  mkdirSync(dirname(file), { recursive: true });
  mkdirSync(dirname(workspacePaths(home, 'me').kubeconfig), { recursive: true });
  try {
    write('first');
    boards.audience('me', 1);
    await until('first');
    write('second');
    boards.audience('me', 1);
    await until('second');
    rmSync(file);
    assert.equal((await boards.catalogue()).lessons[0]?.steps[0]?.checks[0]?.check, 'second');
  } finally {
    boards.close();
    rmSync(home, { recursive: true, force: true });
  }
});
