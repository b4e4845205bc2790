// A shell's variables: values, arrays, attributes, and the ones a function made its own. Expands nothing.

export interface Variable {
  /** A plain value; undefined while declared and never set. */
  value?: string | undefined;
  /** An indexed array. Indices may have gaps. */
  elements?: Map<number, string>;
  /** `declare -A`. */
  table?: Map<string, string>;
  exported?: boolean;
  readonly?: boolean;
  /** `declare -i`: what is assigned is arithmetic. */
  integer?: boolean;
  /** `declare -l` and `-u`. */
  letterCase?: 'lower' | 'upper';
  /** `declare -n`: another variable's name. */
  reference?: boolean;
}

export class ReadonlyVariable extends Error {
  readonly variable: string;

  constructor(variable: string) {
    super(`${variable}: readonly variable`);
    this.name = 'ReadonlyVariable';
    this.variable = variable;
  }
}

/** Characters one variable may hold. A real shell is stopped by the memory limit of its container. */
export const MAX_VALUE_LENGTH = 4 * 1024 * 1024;

export class ValueTooLong extends Error {
  constructor(variable: string) {
    super(`${variable}: cannot allocate memory`);
    this.name = 'ValueTooLong';
  }
}

export class Variables {
  #values = new Map<string, Variable>();
  /** One map a function call: what its local variables hid. */
  readonly #frames: Map<string, Variable | undefined>[] = [];
  /** Values made when they are asked for, `$RANDOM` and the like. Assigning to one calls its setter or makes it ordinary. */
  readonly #dynamic: Map<string, { get(): string; set?(value: string): void }>;

  constructor(dynamic: Map<string, { get(): string; set?(value: string): void }> = new Map()) {
    this.#dynamic = dynamic;
  }

  /** A copy for a subshell. What it changes stays its own. */
  copy(dynamic: Map<string, { get(): string; set?(value: string): void }>): Variables {
    const copy = new Variables(dynamic);
    for (const [name, variable] of this.#values) copy.#values.set(name, cloned(variable));
    for (const frame of this.#frames)
      copy.#frames.push(
        new Map([...frame].map(([name, hidden]) => [name, hidden && cloned(hidden)])),
      );
    return copy;
  }

  get inFunction(): boolean {
    return this.#frames.length > 0;
  }

  /** The variable itself, through references. */
  find(name: string): Variable | undefined {
    let at = name;
    // A chain of references longer than this is a circle.
    for (let hops = 0; hops < 8; hops++) {
      const variable = this.#values.get(at);
      if (!variable?.reference || variable.value === undefined) return variable;
      at = variable.value;
    }
    return undefined;
  }

  /** The name a reference ends at. */
  resolve(name: string): string {
    let at = name;
    for (let hops = 0; hops < 8; hops++) {
      const variable = this.#values.get(at);
      if (!variable?.reference || !variable.value) return at;
      at = variable.value;
    }
    return at;
  }

  /** The plain value: of an array, its element 0. */
  get(name: string): string | undefined {
    const dynamic = this.#dynamic.get(name);
    if (dynamic) return dynamic.get();
    const variable = this.find(name);
    if (!variable) return undefined;
    if (variable.elements) return variable.elements.get(0);
    if (variable.table) return variable.table.get('0');
    return variable.value;
  }

  /** Sets the plain value. Throws ReadonlyVariable. */
  set(name: string, value: string): void {
    const dynamic = this.#dynamic.get(name);
    if (dynamic?.set) return dynamic.set(value);
    if (dynamic) this.#dynamic.delete(name);
    const variable = this.writable(name);
    const kept = this.#shaped(name, variable, value);
    if (variable.elements) variable.elements.set(0, kept);
    else if (variable.table) variable.table.set('0', kept);
    else variable.value = kept;
  }

  setElement(name: string, index: number, value: string): void {
    const variable = this.writable(name);
    if (!variable.elements) {
      variable.elements = new Map();
      if (variable.value !== undefined) variable.elements.set(0, variable.value);
      variable.value = undefined;
    }
    const isLast = variable.elements.size === 0 || index > lastIndex(variable.elements);
    variable.elements.set(index, this.#shaped(name, variable, value));
    if (!isLast) variable.elements = new Map([...variable.elements].sort(([a], [b]) => a - b));
  }

  setKey(name: string, key: string, value: string): void {
    const variable = this.writable(name);
    variable.table ??= new Map();
    variable.table.set(key, this.#shaped(name, variable, value));
  }

  /** The variable to be changed, made if need be. Throws ReadonlyVariable. */
  writable(name: string): Variable {
    const target = this.resolve(name);
    let variable = this.#values.get(target);
    if (variable?.readonly) throw new ReadonlyVariable(target);
    if (!variable) {
      variable = {};
      this.#values.set(target, variable);
    }
    return variable;
  }

  /** For attributes: the variable made if need be, read-only or not. */
  declare(name: string): Variable {
    let variable = this.#values.get(name);
    if (!variable) {
      variable = {};
      this.#values.set(name, variable);
    }
    return variable;
  }

  /** Puts a whole variable back, or takes it away: for what a command had for itself. */
  restore(name: string, variable: Variable | undefined): void {
    if (variable) this.#values.set(name, variable);
    else this.#values.delete(name);
  }

  snapshot(name: string): Variable | undefined {
    const variable = this.#values.get(name);
    return variable && cloned(variable);
  }

  /** Throws ReadonlyVariable. */
  unset(name: string): void {
    const target = this.resolve(name);
    if (this.#values.get(target)?.readonly) throw new ReadonlyVariable(target);
    this.#values.delete(target);
    this.#dynamic.delete(target);
  }

  isSet(name: string): boolean {
    if (this.#dynamic.has(name)) return true;
    const variable = this.find(name);
    if (!variable) return false;
    if (variable.elements) return variable.elements.size > 0;
    if (variable.table) return variable.table.size > 0;
    return variable.value !== undefined;
  }

  names(): string[] {
    return [...this.#values.keys()].sort();
  }

  namesWithPrefix(prefix: string): string[] {
    return this.names().filter((name) => name.startsWith(prefix));
  }

  /** What a program started now gets. */
  environment(): Map<string, string> {
    const environment = new Map<string, string>();
    for (const [name, variable] of this.#values)
      if (variable.exported && variable.value !== undefined) environment.set(name, variable.value);
    return environment;
  }

  enterFunction(): void {
    this.#frames.push(new Map());
  }

  leaveFunction(): void {
    for (const [name, hidden] of this.#frames.pop() ?? []) this.restore(name, hidden);
  }

  /** Makes a name the running function's own, unset at first. */
  makeLocal(name: string): void {
    const frame = this.#frames.at(-1);
    if (!frame || frame.has(name)) return;
    const before = this.#values.get(name);
    frame.set(name, before);
    this.#values.set(name, before?.exported ? { exported: true } : {});
  }

  #shaped(name: string, variable: Variable, value: string): string {
    if (value.length > MAX_VALUE_LENGTH) throw new ValueTooLong(name);
    if (variable.letterCase === 'lower') return value.toLowerCase();
    if (variable.letterCase === 'upper') return value.toUpperCase();
    return value;
  }
}

export function lastIndex(elements: ReadonlyMap<number, string>): number {
  let last = -1;
  for (const index of elements.keys()) last = index;
  return last;
}

function cloned(variable: Variable): Variable {
  return {
    ...variable,
    ...(variable.elements ? { elements: new Map(variable.elements) } : {}),
    ...(variable.table ? { table: new Map(variable.table) } : {}),
  };
}
