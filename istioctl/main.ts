// istioctl as a process, for the embedded cluster: what bin/embedded/istioctl starts. Knows the process; nothing of commands.

import { createInterface } from 'node:readline';
import type { Io } from './command.ts';
import { istioctl } from './istioctl.ts';

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  async readInput() {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  },
  async readLine() {
    const lines = createInterface({ input: process.stdin });
    try {
      for await (const line of lines) return line;
      return undefined;
    } finally {
      lines.close();
    }
  },
  interactive: process.stdout.isTTY === true,
  env: process.env,
};

// `istioctl … | head` ends the reader first.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await istioctl(process.argv.slice(2), io);
