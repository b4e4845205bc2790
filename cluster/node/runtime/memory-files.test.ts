import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, textOf } from '../../streams.ts';
import { FileError, type FileErrorCode, type FileSystem } from '../file-system.ts';
import { MemoryFiles, treeOf } from './memory-files.ts';

const disk = (maxBytes = 1e6) => new MemoryFiles({ now: () => 1_000, maxBytes });
const text = (files: FileSystem, path: string) => textOf(files.readFile(path));
const fails = (code: FileErrorCode) => (error: unknown) =>
  error instanceof FileError && error.code === code;

describe('files in memory', () => {
  test('are written, appended, read and listed in order', () => {
    const files = disk();
    files.makeDirectory('/a/b', true);
    files.writeFile('/a/b/two', bytesOf('2'));
    files.writeFile('/a/b/one', bytesOf('1'), 0o600);
    files.appendFile('/a/b/one', bytesOf('23'));
    files.appendFile('/a/new', bytesOf('x'));
    assert.equal(text(files, '/a/b/one'), '123');
    assert.deepEqual(files.list('/a/b'), ['one', 'two']);
    assert.deepEqual(files.stat('/a/b/one'), {
      type: 'file',
      size: 3,
      mode: 0o600,
      uid: 0,
      gid: 0,
      modifiedAt: 1_000,
    });
  });

  test('what was read stays as it was when the file grows', () => {
    const files = disk();
    files.writeFile('/log', bytesOf('a'));
    const before = files.readFile('/log');
    for (let n = 0; n < 200; n++) files.appendFile('/log', bytesOf('b'));
    assert.equal(textOf(before), 'a');
    assert.equal(files.readFile('/log').length, 201);
  });

  test('links are followed, for reading and for writing, and may go in circles', () => {
    const files = disk();
    files.makeDirectory('/data/v1', true);
    files.writeFile('/data/v1/key', bytesOf('old'));
    files.link('v1', '/data/now');
    files.link('now/key', '/data/key');
    assert.equal(text(files, '/data/key'), 'old');
    files.writeFile('/data/key', bytesOf('new'));
    assert.equal(text(files, '/data/v1/key'), 'new');
    assert.equal(files.stat('/data/key', false)?.target, 'now/key');
    files.link('b', '/a');
    files.link('a', '/b');
    assert.throws(() => files.readFile('/a'), fails('ELOOP'));
  });

  for (const [what, act, code] of [
    ['reading what is not there', (files) => files.readFile('/no'), 'ENOENT'],
    ['reading a directory', (files) => files.readFile('/dir'), 'EISDIR'],
    ['writing to a directory', (files) => files.writeFile('/dir', bytesOf('')), 'EISDIR'],
    [
      'writing where there is no directory',
      (files) => files.writeFile('/no/f', bytesOf('')),
      'ENOENT',
    ],
    ['a file taken for a directory', (files) => files.readFile('/file/x'), 'ENOTDIR'],
    ['listing a file', (files) => files.list('/file'), 'ENOTDIR'],
    ['a directory that is there', (files) => files.makeDirectory('/dir'), 'EEXIST'],
    ['removing a full directory', (files) => files.remove('/dir'), 'ENOTEMPTY'],
    ['removing nothing', (files) => files.remove('/no'), 'ENOENT'],
    ['moving a directory into itself', (files) => files.rename('/dir', '/dir/sub'), 'EINVAL'],
    ['moving a file onto a directory', (files) => files.rename('/file', '/dir'), 'EISDIR'],
    ['linking over something', (files) => files.link('x', '/file'), 'EEXIST'],
    [
      'more bytes than there is room for',
      (files) => files.writeFile('/big', new Uint8Array(9_000)),
      'ENOSPC',
    ],
  ] as [string, (files: FileSystem) => unknown, FileErrorCode][]) {
    test(`${what} is ${code}`, () => {
      const files = disk(5_000);
      files.makeDirectory('/dir');
      files.writeFile('/dir/full', bytesOf('x'));
      files.writeFile('/file', bytesOf('x'));
      assert.throws(() => act(files), fails(code));
    });
  }

  test('room comes back with what is removed', () => {
    const files = disk(5_000);
    files.writeFile('/a', new Uint8Array(4_000));
    assert.throws(() => files.writeFile('/b', new Uint8Array(4_000)), fails('ENOSPC'));
    files.remove('/a');
    files.writeFile('/b', new Uint8Array(4_000));
    files.writeFile('/b', new Uint8Array(4_500));
    files.remove('/b');
    assert.equal(files.usedBytes, 0);
  });
});

describe('an image', () => {
  const tree = treeOf(
    {
      '/etc/app/conf': 'listen 80',
      '/bin/run': '#!/bin/sh\n',
      '/var/log/app.log': { link: '/dev/stdout' },
      '/srv': { directory: true, mode: 0o700, uid: 7 },
      '/srv/data': { content: 'x', mode: 0o640, gid: 9 },
    },
    5,
  );
  const container = () => new MemoryFiles({ now: () => 9, maxBytes: 1e6, base: tree });

  test('says what its files are', () => {
    const files = container();
    assert.equal(files.stat('/bin/run')?.mode, 0o755);
    assert.equal(files.stat('/etc/app/conf')?.mode, 0o644);
    assert.equal(files.stat('/var/log/app.log', false)?.target, '/dev/stdout');
    assert.deepEqual([files.stat('/srv')?.mode, files.stat('/srv')?.uid], [0o700, 7]);
    assert.deepEqual([files.stat('/srv/data')?.mode, files.stat('/srv/data')?.gid], [0o640, 9]);
  });

  test('is shared by its containers and changed by none', () => {
    const [one, other] = [container(), container()];
    one.writeFile('/etc/app/conf', bytesOf('listen 81'));
    one.appendFile('/srv/data', bytesOf('y'));
    one.remove('/bin/run');
    one.setMode('/srv', 0o777);
    assert.equal(text(one, '/etc/app/conf'), 'listen 81');
    assert.equal(text(other, '/etc/app/conf'), 'listen 80');
    assert.equal(text(other, '/srv/data'), 'x');
    assert.deepEqual(other.list('/bin'), ['run']);
    assert.equal(other.stat('/srv')?.mode, 0o700);
    assert.equal(other.usedBytes, 0);
  });
});

/** Paths of three levels, so that random steps meet. */
const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`);
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), path, content: fc.string({ maxLength: 5 }) }),
  fc.record({ do: fc.constant('append' as const), path, content: fc.string({ maxLength: 5 }) }),
  fc.record({ do: fc.constant('directory' as const), path }),
  fc.record({ do: fc.constant('remove' as const), path }),
  fc.record({ do: fc.constant('rename' as const), path, to: path }),
  fc.record({ do: fc.constant('share' as const) }),
);

/** The same disk, as simple as can be: a map from paths to texts, null for directories. */
class Model {
  readonly entries = new Map<string, string | null>();

  isDirectory = (at: string) => at === '' || this.entries.get(at) === null;
  parent = (at: string) => at.slice(0, at.lastIndexOf('/'));
  below = (at: string) => [...this.entries.keys()].filter((key) => key.startsWith(`${at}/`));
}

test('any steps leave what a simple model leaves, and never touch a shared tree', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let files = disk(Infinity);
      const model = new Model();
      const shared: { files: MemoryFiles; dump: string }[] = [];
      for (const given of steps) {
        if (given.do === 'share') {
          const base = files.snapshotTree();
          shared.push({ files, dump: JSON.stringify(dump(files)) });
          files = new MemoryFiles({ now: () => 2, maxBytes: Infinity, base });
          continue;
        }
        const done = attempt(() => perform(files, given));
        const expected = modelStep(model, given);
        assert.equal(done, expected, JSON.stringify(given));
      }
      assert.deepEqual(dump(files), Object.fromEntries(model.entries));
      for (const { files: old, dump: before } of shared)
        assert.equal(JSON.stringify(dump(old)), before);
    }),
    { numRuns: 500 },
  );
});

type Step = Exclude<typeof step extends fc.Arbitrary<infer S> ? S : never, { do: 'share' }>;

function perform(files: FileSystem, given: Step): void {
  switch (given.do) {
    case 'write':
      return files.writeFile(given.path, bytesOf(given.content));
    case 'append':
      return files.appendFile(given.path, bytesOf(given.content));
    case 'directory':
      return files.makeDirectory(given.path);
    case 'remove':
      return files.remove(given.path, true);
    case 'rename':
      return files.rename(given.path, given.to);
  }
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}

/** Whether the step is possible; does it if so. */
function modelStep(model: Model, given: Step): boolean {
  const { entries } = model;
  const at = given.path;
  const there = entries.has(at);
  const place = (target: string) => model.isDirectory(model.parent(target));
  if (!place(at)) return false;
  switch (given.do) {
    case 'write':
    case 'append':
      if (entries.get(at) === null) return false;
      entries.set(at, (given.do === 'append' ? (entries.get(at) ?? '') : '') + given.content);
      return true;
    case 'directory':
      if (there) return false;
      entries.set(at, null);
      return true;
    case 'remove':
      if (!there) return false;
      for (const key of [at, ...model.below(at)]) entries.delete(key);
      return true;
    case 'rename': {
      const { to } = given;
      if (!there) return false;
      if (to === at) return true;
      if (to.startsWith(`${at}/`) || !place(to)) return false;
      const [source, target] = [entries.get(at), entries.get(to)];
      if (entries.has(to) && (source === null) !== (target === null)) return false;
      if (target === null && model.below(to).length > 0) return false;
      for (const key of [at, ...model.below(at)]) {
        entries.set(to + key.slice(at.length), entries.get(key) ?? null);
        if (typeof entries.get(key) === 'string')
          entries.set(to + key.slice(at.length), entries.get(key) as string);
        entries.delete(key);
      }
      return true;
    }
  }
}

function dump(files: FileSystem, at = ''): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  const walk = (directory: string) => {
    for (const name of files.list(directory || '/')) {
      const path = `${directory}/${name}`;
      if (files.stat(path)?.type === 'directory') {
        found[path] = null;
        walk(path);
      } else {
        found[path] = text(files, path);
      }
    }
  };
  walk(at);
  return found;
}
