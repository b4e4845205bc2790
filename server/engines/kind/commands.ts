// Runs the programs that the kind engine stands on, one at a time, and hands back what they said. Tests give recordings instead.

import { spawn } from 'node:child_process';

export interface Ran {
  /** Undefined when there is no such program. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs to the end. Rejects only when its time is over. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  options: { timeoutMs: number; onLine?: (line: string) => void },
) => Promise<Ran>;

/** Bytes kept of each stream: `docker info` prints 8 kB, a failing `kind create` some 30 kB. */
const OUTPUT_BYTES = 256 * 1024;

export function commandRunner(env: Record<string, string | undefined>): RunCommand {
  return (command, args, { timeoutMs, onLine }) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${command} ${args[0] ?? ''} took longer than ${timeoutMs / 1_000} s`));
      }, timeoutMs);
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout = (stdout + text).slice(-OUTPUT_BYTES);
      });
      // kind tells its stages on stderr.
      let line = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr = (stderr + text).slice(-OUTPUT_BYTES);
        const lines = (line + text).split('\n');
        line = lines.pop() ?? '';
        for (const each of lines) onLine?.(each);
      });
      child.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(late);
        if (error.code === 'ENOENT') resolve({ exitCode: undefined, stdout: '', stderr: '' });
        else reject(error);
      });
      child.on('close', (code) => {
        clearTimeout(late);
        if (line) onLine?.(line);
        resolve({ exitCode: code ?? 1, stdout, stderr });
      });
    });
}
