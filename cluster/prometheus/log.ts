// Lines of the log as the real server writes them: slog's text format.

import { microTimestamp } from '../time.ts';
import { bytesOf } from '../streams.ts';
import type { Process } from '../node/process.ts';

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface Log {
  (level: LogLevel, message: string, fields?: LogFields): void;
}

/** `source` names the part of the program that speaks. */
export function logTo(process: Process, lowest: LogLevel): Log {
  const order: readonly LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR'];
  return (level, message, fields = {}) => {
    if (order.indexOf(level) < order.indexOf(lowest)) return;
    const time = milliTimestamp(process.clock.now());
    const words = Object.entries(fields).map(
      ([name, value]) => ` ${name}=${quoted(String(value))}`,
    );
    const line = `time=${time} level=${level} msg=${quoted(message)}${words.join('')}\n`;
    // Nobody waits for a log line, and a closed log is no reason to stop.
    process.stderr.write(bytesOf(line)).catch(() => {});
  };
}

/** `2026-11-22T10:56:57.001Z` */
export function milliTimestamp(ms: number): string {
  return microTimestamp(ms).replace(/\d{3}Z$/, 'Z');
}

function quoted(text: string): string {
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
