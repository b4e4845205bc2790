// Calls istioctl as a shell does, without a process: what it said, and its exit code.

import { istioctl } from '../istioctl.ts';

export interface Said {
  exit: number;
  out: string;
  err: string;
}

/** @param input stdin. */
export async function said(
  words: readonly string[],
  {
    input = '',
    env = { HOME: '/nonexistent' },
  }: { input?: string; env?: Record<string, string> } = {},
): Promise<Said> {
  const all = { out: '', err: '' };
  const exit = await istioctl(words, {
    out: (text) => (all.out += text),
    err: (text) => (all.err += text),
    readInput: () => Promise.resolve(input),
    readLine: () => Promise.resolve(undefined),
    interactive: false,
    env,
  });
  return { exit, ...all };
}
