// What `istioctl analyze` says of a namespace, against what a case expects of it.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaseExpectation } from './cases.ts';

const ISTIOCTL = fileURLToPath(new URL('../../../istioctl/main.ts', import.meta.url));
/** Messages of the level Error were found. */
const FOUND = 79;

export async function analyzeFaults(
  kubeconfig: string,
  { namespace, codes = [], absent = [] }: NonNullable<CaseExpectation['analyze']>,
): Promise<string[]> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ISTIOCTL, 'analyze', '-n', namespace, '-o', 'json'],
    { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const exit = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (exit !== 0 && exit !== FOUND) return [`istioctl analyze ended with ${exit}: ${said.stderr}`];
  const messages = JSON.parse(said.stdout || '[]') as { code: string }[];
  const found = new Set(messages.map(({ code }) => code));
  const shown = `got ${[...found].join(', ') || 'none'}`;
  return [
    ...codes
      .filter((code) => !found.has(code))
      .map((code) => `analyze of ${namespace}: wanted ${code}, ${shown}`),
    ...absent
      .filter((code) => found.has(code))
      .map((code) => `analyze of ${namespace}: did not want ${code}, ${shown}`),
  ];
}
