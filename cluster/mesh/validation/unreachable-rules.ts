// Rules of a VirtualService that no request can reach, because rules before them take all that they would match.
// Both the webhook and the analyzer warn of them: the parts of a warning are kept apart.

import { type Fields, fieldsOf, listOf, numberOf, stringOf } from '../../schema/fields.ts';
import { quoted } from './names.ts';

export type UnusedRule =
  | { kind: 'unreachable'; rule: string; reason: string }
  | { kind: 'ineffective'; rule: string; match: string; duplicateOf: string };

export function wordsOf(unused: UnusedRule): string {
  return unused.kind === 'unreachable'
    ? `virtualService rule ${unused.rule} not used (${unused.reason})`
    : `virtualService rule ${unused.rule} match ${unused.match} is not used (duplicate/overlapping match in rule ${unused.duplicateOf})`;
}

export function unusedRules(routes: Fields[]): UnusedRule[] {
  const unused: UnusedRule[] = [];
  const known = new Map<string, number>();
  const prefixes: PrefixMatch[] = [];
  let withoutMatch = false;
  for (const [index, route] of routes.entries()) {
    const rule = nameOf(route, index);
    const matches = listOf(route['match']);
    if (matches.length === 0) {
      if (withoutMatch)
        unused.push({
          kind: 'unreachable',
          rule,
          reason: 'only the last rule can have no matches',
        });
      withoutMatch = true;
      continue;
    }
    let duplicates = 0;
    for (const [at, match] of matches.entries()) {
      if (withoutMatch) {
        unused.push({
          kind: 'unreachable',
          rule,
          reason: 'route without matches defined before',
        });
        continue;
      }
      const same = known.get(comparable(match));
      if (same !== undefined) {
        const duplicateOf = nameOf(routes[same] ?? {}, same);
        unused.push({ kind: 'ineffective', rule, match: nameOf(match, at), duplicateOf });
        duplicates++;
        continue;
      }
      known.set(comparable(match), index);
      const prefix = stringOf(fieldsOf(match['uri'])['prefix']);
      if (prefix !== '') prefixes.push(prefixMatch(rule, nameOf(match, at), prefix, match));
    }
    if (duplicates === matches.length)
      unused.push({ kind: 'unreachable', rule, reason: 'all matches used by prior rules' });
  }
  return [...unused, ...coveredPrefixes(prefixes)];
}

/** A name in quotes, or the number of a rule or match without one. */
function nameOf(named: Fields, index: number): string {
  const name = stringOf(named['name']);
  return name === '' ? `#${index}` : quoted(name);
}

/** A match without its name, with its fields in order. */
function comparable(match: Fields): string {
  const ordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ordered);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, ordered(inner)]),
    );
  };
  const { name: _name, ...rest } = match;
  return JSON.stringify(ordered(rest));
}

interface PrefixMatch {
  rule: string;
  match: string;
  prefix: string;
  port: number;
  method: string;
  authority: string;
  maps: Record<string, string>[];
}

/** `exact=GET`: one comparable text for the two ways that can be compared. */
function exactOrPrefix(value: unknown): string {
  const { exact, prefix } = fieldsOf(value);
  if (stringOf(exact) !== '') return `exact=${stringOf(exact)}`;
  return stringOf(prefix) === '' ? '' : `prefix=${stringOf(prefix)}`;
}

function prefixMatch(rule: string, match: string, prefix: string, of: Fields): PrefixMatch {
  const texts = (field: string) =>
    Object.fromEntries(
      Object.entries(fieldsOf(of[field])).map(([name, value]) => [name, exactOrPrefix(value)]),
    );
  return {
    rule,
    match,
    prefix,
    port: numberOf(of['port']) ?? 0,
    method: exactOrPrefix(of['method']) || 'exact=GET',
    authority: exactOrPrefix(of['authority']),
    maps: [texts('headers'), texts('queryParams'), texts('withoutHeaders')],
  };
}

function coveredPrefixes(prefixes: PrefixMatch[]): UnusedRule[] {
  return prefixes.flatMap((former, index) =>
    prefixes
      .slice(index + 1)
      .filter((later) => later.prefix !== former.prefix && covers(former, later))
      .map((later): UnusedRule => ({
        kind: 'ineffective',
        rule: later.rule,
        match: `${later.match} of prefix ${later.prefix}`,
        duplicateOf: `${former.match} of prefix ${former.prefix} on ${former.rule}`,
      })),
  );
}

function covers(former: PrefixMatch, later: PrefixMatch): boolean {
  return (
    later.prefix.startsWith(former.prefix) &&
    former.port === later.port &&
    former.method.startsWith(later.method) &&
    former.authority.startsWith(later.authority) &&
    former.maps.every((map, index) => coversMap(map, later.maps[index] ?? {}))
  );
}

function coversMap(former: Record<string, string>, later: Record<string, string>): boolean {
  const names = Object.keys(former);
  return (
    names.length === Object.keys(later).length &&
    names.every((name) => {
      const wanted = later[name];
      return wanted !== undefined && (former[name] ?? '').startsWith(wanted);
    })
  );
}
