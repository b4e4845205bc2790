// What this browser remembers between pages. A browser may refuse to: then nothing is remembered, and nothing breaks.

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined; // storage is switched off
  }
}

/** What was kept as JSON; undefined when nothing was, or when somebody or an older version wrote something else there. */
export function fromJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** False when the browser refuses or is full. */
export function keep(key: string, value: string): boolean {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch {
    return false; // storage is switched off or full
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // storage is switched off: there is nothing to forget
  }
}
