// Words with $variables in them, compiled once when the configuration is read.

import { ConfigurationError, type Directive } from './configuration.ts';
import type { NginxRequest } from './request.ts';

export type Template = (request: NginxRequest) => string;

/** `$name`, `${name}` and `$1`. */
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/**
 * @param isKnown whether a variable exists; an unknown one stops nginx.
 * @param absent what stands for a variable without a value: `-` in logs.
 */
export function compileTemplate(
  text: string,
  isKnown: (name: string) => boolean,
  at: Directive,
  absent = '',
): Template {
  if (!text.includes('$')) return () => text;
  const parts: (string | { variable: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const name = (match[1] ?? match[2] ?? '').toLowerCase();
    // `$1abc` is the first group and then `abc`.
    const digit = match[2] !== undefined && /^\d/.test(name);
    const variable = digit ? name.slice(0, 1) : name;
    if (!isKnown(variable)) throw new ConfigurationError(`unknown "${variable}" variable`, at);
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ variable });
    from = digit ? match.index + 2 : match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return (request) => {
    let filled = '';
    for (const part of parts)
      filled += typeof part === 'string' ? part : request.variable(part.variable) || absent;
    return filled;
  };
}

/** Names a text refers to, for finding out what `proxy_pass` needs at run time. */
export function hasVariables(text: string): boolean {
  return /\$(\{\w+\}|\w+)/.test(text);
}

/** PCRE as far as JavaScript goes: named groups of both spellings. Throws what nginx says of a broken one. */
export function compileRegex(source: string, insensitive: boolean, at: Directive): RegExp {
  const flags = insensitive ? 'i' : '';
  let pattern = source.replaceAll('(?P<', '(?<');
  const inline = /^\(\?i\)/.exec(pattern);
  if (inline) pattern = pattern.slice(4);
  try {
    return new RegExp(pattern, inline ? 'i' : flags);
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^.*: /, '') : 'bad pattern';
    throw new ConfigurationError(
      `pcre2_compile() failed: ${words.toLowerCase()} in "${source}"`,
      at,
    );
  }
}

/** `60s`, `500ms`, `1m`, `1h30m`, `60`. */
export function parseDuration(text: string, at: Directive): number {
  const units: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
    M: 2_592_000_000,
    y: 31_536_000_000,
  };
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(ms|[smhdwMy]) *)+$/.test(text))
    throw new ConfigurationError(`"${at.name}" directive invalid value`, at);
  let ms = 0;
  for (const [, count, unit = 's'] of text.matchAll(/(\d+)(ms|[smhdwMy])/g))
    ms += Number(count) * (units[unit] ?? 1_000);
  return ms;
}

/** `10m`, `512k`, `1g`, `0`: bytes. */
export function parseSize(text: string, at: Directive): number {
  const match = /^(\d+)([kKmMgG]?)$/.exec(text);
  if (!match) throw new ConfigurationError(`"${at.name}" directive invalid value`, at);
  const scale = { '': 0, k: 1, m: 2, g: 3 }[(match[2] ?? '').toLowerCase()] ?? 0;
  return Number(match[1]) * 1024 ** scale;
}

export function parseFlag(text: string | undefined, at: Directive): boolean {
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw new ConfigurationError(
    `invalid value "${text ?? ''}" in "${at.name}" directive, it must be "on" or "off"`,
    at,
  );
}
