// Times as objects carry them, beyond cluster/time.ts: absent ones, log stamps, and Go's way of writing durations. Pure.

import { parseTimestamp, timestamp } from '../time.ts';

/** Milliseconds since the epoch, or undefined when the field is absent, null or no time. */
export function timeOf(text: string | null | undefined): number | undefined {
  return text ? parseTimestamp(text) : undefined;
}

/** `2026-11-22T10:53:44.123000000Z`: how container logs are stamped. */
export function nanoTimestamp(ms: number): string {
  const nanos = Math.floor((ms - Math.floor(ms / 1000) * 1000) * 1e6);
  return `${timestamp(ms).slice(0, -1)}.${String(nanos).padStart(9, '0')}Z`;
}

/** Go's `time.Duration.String()`, from milliseconds: `312ms`, `1.5s`, `1m20s`, `5m0s`, `2h0m0s`. */
export function duration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${trimmed(ms)}ms`;
  const seconds = trimmed((ms % 60_000) / 1000);
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m${seconds}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(6)));
}
