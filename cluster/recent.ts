// A cache of what was made from objects: what was used lately stays, the rest goes. For values that can be made again at
// any time; knows nothing of what they are.

export class RecentlyUsed<Key extends object, Value> {
  readonly #most: number;
  #young = new WeakMap<Key, Value>();
  #old = new WeakMap<Key, Value>();
  #count = 0;

  /** @param most values in each of two generations: at least so many are kept, and at most twice as many. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    if (this.#count >= this.#most) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#count = 0;
    }
    this.#young.set(key, value);
    this.#count++;
  }
}
