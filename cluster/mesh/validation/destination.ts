// Where a route, a mirror or an egress proxy leads to, and the headers it changes on the way.

import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import { Findings } from './findings.ts';
import { isDnsLabel, port, quoted, wildcardDomain, sortedEntries } from './names.ts';

export function destination(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const host = stringOf(value['host']);
  findings.error(host === '*' ? 'invalid destination host *' : wildcardDomain(host));
  const subset = stringOf(value['subset']);
  if (subset !== '') findings.error(subsetName(subset));
  if (isFields(value['port'])) findings.error(port(numberOf(value['port']['number']) ?? 0));
  return findings;
}

export function subsetName(name: string): string | undefined {
  if (name === '') return 'subset name cannot be empty';
  return isDnsLabel(name) ? undefined : `subset name is invalid: ${name}`;
}

/** Destinations that share a route's traffic. */
export function weightedDestinations(routes: Fields[]): Findings {
  const findings = new Findings();
  let total = 0;
  for (const route of routes) {
    if (!isFields(route['destination'])) findings.listedError('destination is required');
    findings.add(headers(route['headers'])).add(destination(route['destination']));
    const weight = numberOf(route['weight']) ?? 0;
    if (weight < 0) findings.error(`weight ${weight} < 0`);
    total += weight;
  }
  if (routes.length > 1 && total === 0) findings.error('total destination weight = 0');
  return findings;
}

export function headers(value: unknown): Findings {
  const findings = new Findings();
  for (const side of ['request', 'response'] as const) {
    const operations = fieldsOf(fieldsOf(value)[side]);
    for (const verb of ['add', 'set'] as const) {
      for (const [name, text] of sortedEntries(operations[verb]))
        findings.error(changedHeader(name, side === 'request'), headerValue(String(text)));
    }
    for (const name of stringsOf(operations['remove'])) findings.error(changedHeader(name, false));
  }
  return findings;
}

const isAuthority = (name: string) => /^(:authority|host)$/i.test(name);

function changedHeader(name: string, mayBeAuthority: boolean): string | undefined {
  if (name === '') return 'header name cannot be empty';
  if (mayBeAuthority && isAuthority(name)) return undefined;
  if (name.toLowerCase() === 'host' && !mayBeAuthority)
    return `invalid header ${quoted(name)}: cannot set Host header`;
  return name.startsWith(':')
    ? `invalid header ${quoted(name)}: header cannot have ":" prefix`
    : undefined;
}

function headerValue(text: string): string | undefined {
  // Tabs are the only control characters that HTTP lets through.
  const control = Array.from(text).some((char) => (char < ' ' && char !== '\t') || char === '\x7f');
  return control ? `header value configuration ${text} is invalid` : undefined;
}

/** The authority may be rewritten in one place only. */
export function authorityRewrite(rewrite: unknown, of: unknown): string | undefined {
  let current = stringOf(fieldsOf(rewrite)['authority']);
  const request = fieldsOf(fieldsOf(of)['request']);
  for (const verb of ['set', 'add'] as const) {
    for (const [name, value] of sortedEntries(request[verb])) {
      if (!isAuthority(name)) continue;
      const wanted = String(value);
      if (current !== '')
        return `authority header cannot be set multiple times: have ${quoted(current)}, attempting to set ${quoted(wanted)}`;
      current = wanted;
    }
  }
  return undefined;
}

export function mirrors(value: unknown): Findings {
  const findings = new Findings();
  for (const mirror of listOf(value)) {
    findings.add(destination(mirror['destination']));
    const share = numberOf(fieldsOf(mirror['percentage'])['value']);
    if (share !== undefined && share > 100)
      findings.error(`mirror percentage must have a max value of 100 (it has ${share.toFixed(6)})`);
    if (share !== undefined && share < 0)
      findings.error(`mirror percentage must have a min value of 0 (it has ${share.toFixed(6)})`);
  }
  return findings;
}
