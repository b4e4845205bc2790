// What a validation found: errors, which refuse an object, and warnings, which only speak. Knows how Istio joins several
// errors into one denial; knows nothing of what is validated.

export class Findings {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  /** Some of Istio's checks make a list even of a single error, and the denial shows it. */
  #listed = false;

  error(...messages: (string | undefined)[]): this {
    for (const message of messages) if (message !== undefined) this.errors.push(message);
    return this;
  }

  listedError(message: string): this {
    this.#listed = true;
    return this.error(message);
  }

  warning(message: string): this {
    this.warnings.push(message);
    return this;
  }

  add(other: Findings | undefined): this {
    if (!other) return this;
    this.errors.push(...other.errors);
    this.warnings.push(...other.warnings);
    this.#listed ||= other.#listed;
    return this;
  }

  /** The same errors, each behind a prefix. Warnings stay as they are. */
  prefixed(prefix: string): Findings {
    const findings = new Findings();
    findings.errors.push(...this.errors.map((error) => `${prefix} ${error}`));
    findings.warnings.push(...this.warnings);
    findings.#listed = this.#listed;
    return findings;
  }

  /** All errors as one sentence or one list; undefined where there are none. */
  get denial(): string | undefined {
    const [first] = this.errors;
    if (first === undefined) return undefined;
    if (this.errors.length === 1 && !this.#listed) return first;
    const heading =
      this.errors.length === 1 ? '1 error occurred:' : `${this.errors.length} errors occurred:`;
    return `${heading}\n\t${this.errors.map((error) => `* ${error}`).join('\n\t')}\n\n`;
  }
}
