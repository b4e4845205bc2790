// One mapping of the configuration: its fields by type, and complaints in the words of Go's YAML library.

import { type Fields, fieldsOf, isFields } from '../../schema/fields.ts';
import { parseDuration } from '../numbers.ts';

/** What a real server says of a file it cannot use. */
export class ConfigurationError extends Error {}

export class Section {
  readonly #fields: Fields;
  readonly #type: string;
  /** The whole file: to find the line of a fault. */
  readonly #text: string;

  constructor(fields: Fields, type: string, text: string) {
    this.#fields = fields;
    this.#type = type;
    this.#text = text;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  /** Throws for any other field. */
  allow(names: readonly string[]): void {
    const wrong = Object.keys(this.#fields).filter((name) => !names.includes(name));
    if (wrong.length === 0) return;
    const lines = wrong.map(
      (name) => `\n  line ${this.#lineOf(name)}: field ${name} not found in type ${this.#type}`,
    );
    throw new ConfigurationError(`yaml: unmarshal errors:${lines.join('')}`);
  }

  section(name: string, type: string): Section {
    return new Section(fieldsOf(this.#fields[name]), type, this.#text);
  }

  list(name: string, type: string): Section[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.#wrongType(name, value, `[]*${type}`);
    return value.map((each: unknown) => {
      if (!isFields(each)) throw this.#wrongType(name, each, type);
      return new Section(each, type, this.#text);
    });
  }

  text(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.#wrongType(name, value, 'string');
  }

  number(name: string): number | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number') return value;
    throw this.#wrongType(name, value, 'uint');
  }

  flag(name: string): boolean | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'boolean') return value;
    throw this.#wrongType(name, value, 'bool');
  }

  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const ms = parseDuration(text);
    if (ms === undefined)
      throw new ConfigurationError(
        text === ''
          ? 'empty duration string'
          : `not a valid duration string: ${JSON.stringify(text)}`,
      );
    return ms;
  }

  words(name: string): string[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.#wrongType(name, value, '[]string');
    return value.map((each: unknown) => {
      if (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean')
        return String(each);
      throw this.#wrongType(name, each, 'string');
    });
  }

  strings(name: string): Record<string, string> {
    const value = this.#fields[name];
    if (value === undefined || value === null) return {};
    if (!isFields(value)) throw this.#wrongType(name, value, 'map[string]string');
    const inner = new Section(value, 'map[string]string', this.#text);
    return Object.fromEntries(
      Object.keys(value).map((key): [string, string] => [key, inner.text(key) ?? '']),
    );
  }

  lists(name: string): Record<string, string[]> {
    const inner = this.section(name, 'url.Values');
    return Object.fromEntries(
      Object.keys(fieldsOf(this.#fields[name])).map((key): [string, string[]] => [
        key,
        inner.words(key),
      ]),
    );
  }

  #wrongType(name: string, value: unknown, wanted: string): ConfigurationError {
    const tag = Array.isArray(value)
      ? '!!seq'
      : isFields(value)
        ? '!!map'
        : typeof value === 'boolean'
          ? '!!bool'
          : typeof value === 'number'
            ? '!!int'
            : '!!str';
    const shown =
      tag === '!!seq' || tag === '!!map' ? tag : `${tag} \`${String(value).slice(0, 7)}\``;
    return new ConfigurationError(
      `yaml: unmarshal errors:\n  line ${this.#lineOf(name)}: cannot unmarshal ${shown} into ${wanted}`,
    );
  }

  /** Where a field's name first stands as a key; the reader keeps no places. */
  #lineOf(name: string): number {
    const lines = this.#text.split('\n');
    const at = lines.findIndex((line) =>
      new RegExp(`^[\\s-]*["']?${escaped(name)}["']?\\s*:`).test(line),
    );
    return Math.max(0, at) + 1;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
