// What a page remembers of its lab, in storage that belongs to its origin alone, port included; a cookie belongs to all ports.

/** The page's key, from the login: without it a cookie opens nothing. */
export const KEY = 'meshproof-key';

/** A browser may forbid storage altogether; then the page remembers for itself. */
const own = new Map<string, string>();

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return own.get(key);
  }
}

export function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value === undefined) own.delete(key);
    else own.set(key, value);
  }
}
