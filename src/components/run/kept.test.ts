import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type Ended, forgetReceipt, keepReceipt, recallReceipt } from './kept.ts';

/** A browser's storage with room for so many characters. */
class Storage {
  readonly items = new Map<string, string>();
  readonly #room: number;

  constructor(room = Infinity) {
    this.#room = room;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    const others = [...this.items].filter(([other]) => other !== key);
    const used = others.reduce((total, [, item]) => total + item.length, 0);
    if (used + value.length > this.#room) throw new Error('full');
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

const open = (storage: Storage) =>
  Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true });
beforeEach(() => void open(new Storage()));

const ended = (output: string): Ended => ({
  is: 'ended',
  passed: true,
  meant: 0,
  at: 1_795_000_000_000,
  ms: 120,
  shell: 'shell 1',
  commands: [{ text: 'ls', exit: 0, ms: 120, output, missing: 0 }],
});

test('what became of a block is there again, as long as the block says the same', () => {
  keepReceipt('/a/', 'list', 'ls', ended('file'));
  keepReceipt('/a/', 'other', 'pwd', { is: 'sent', at: 1, where: 'shell 1' });
  assert.deepEqual(recallReceipt('/a/', 'list', 'ls'), ended('file'));
  assert.equal(recallReceipt('/a/', 'list', 'ls -l'), undefined);
  assert.equal(recallReceipt('/b/', 'list', 'ls'), undefined);
  forgetReceipt('/a/', 'list');
  assert.equal(recallReceipt('/a/', 'list', 'ls'), undefined);
  assert.equal(recallReceipt('/a/', 'other', 'pwd')?.is, 'sent');
});

test('a full browser gives up the page that was longest ago', () => {
  open(new Storage(5_000));
  for (const page of ['/1/', '/2/', '/3/']) keepReceipt(page, 'b', 'ls', ended('x'.repeat(1_900)));
  assert.equal(recallReceipt('/1/', 'b', 'ls'), undefined);
  assert.deepEqual(recallReceipt('/3/', 'b', 'ls'), ended('x'.repeat(1_900)));
});

test('a page more than are kept takes the place of the oldest', () => {
  for (let page = 0; page < 45; page++) keepReceipt(`/${page}/`, 'b', 'ls', ended('file'));
  assert.equal(recallReceipt('/4/', 'b', 'ls'), undefined);
  assert.deepEqual(recallReceipt('/5/', 'b', 'ls'), ended('file'));
});

test('what somebody else wrote there is nothing', () => {
  const storage = new Storage();
  open(storage);
  keepReceipt('/a/', 'b', 'ls', ended('file'));
  const [key = ''] = [...storage.items.keys()].filter((each) => each.endsWith('/a/'));
  for (const text of ['{', 'null', '7', '{"b":{"text":1,"kept":{"is":"ended"}}}']) {
    storage.items.set(key, text);
    assert.equal(recallReceipt('/a/', 'b', 'ls'), undefined);
  }
});
