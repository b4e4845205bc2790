// Names, numbers and patterns that several of Istio's kinds hold, and what is said of bad ones: domain names, ports, labels,
// addresses, durations, regular expressions, exportTo. Each check gives the error, or nothing.
// Source: pkg/config/validation of Istio 1.30.3, whose sentences learners look up.

import type { KubeObject } from '../../object.ts';
import { at, type Fields, fieldsOf } from '../../schema/fields.ts';
import { Findings } from './findings.ts';

type Problem = string | undefined;

/** Go's %q. */
export const quoted = (text: string) => JSON.stringify(text);

/** The entries of a map by key: what is said of two of them comes in one order. */
export function sortedEntries(value: unknown): [string, unknown][] {
  return Object.entries(fieldsOf(value)).sort(([a], [b]) => (a < b ? -1 : 1));
}

const MAX_DOMAIN = 255;
const MAX_LABEL = 63;

export function isDnsLabel(text: string): boolean {
  return text.length <= MAX_LABEL && /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(text);
}

function isWildcardLabel(text: string): boolean {
  return (
    text.length <= MAX_LABEL && /^(\*|\*?-?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)$/.test(text)
  );
}

function domainPreconditions(name: string): Problem {
  if (name.length > MAX_DOMAIN) return `domain name ${quoted(name)} too long (max ${MAX_DOMAIN})`;
  return name === '' ? 'empty domain name not allowed' : undefined;
}

function domainLabels(domain: string): Problem {
  const labels = domain.split('.');
  const top = labels.at(-1) ?? '';
  if (/^[-+]?\d+$/.test(top))
    return `domain name ${quoted(domain)} invalid (top level domain ${quoted(top)} cannot be all-numeric)`;
  for (const [index, label] of labels.entries()) {
    if (index === labels.length - 1 && label === '') return undefined;
    if (!isDnsLabel(label))
      return `domain name ${quoted(domain)} invalid (label ${quoted(label)} invalid)`;
  }
  return undefined;
}

export function fqdn(name: string): Problem {
  return domainPreconditions(name) ?? domainLabels(name);
}

/** A domain name whose first label may begin with an asterisk. */
export function wildcardDomain(domain: string): Problem {
  const problem = domainPreconditions(domain);
  if (problem !== undefined) return problem;
  const dot = domain.indexOf('.');
  const first = dot < 0 ? domain : domain.slice(0, dot);
  if (!isWildcardLabel(first))
    return `domain name ${quoted(domain)} invalid (label ${quoted(first)} invalid)`;
  return dot < 0 ? undefined : domainLabels(domain.slice(dot + 1));
}

export function partialWildcard(host: string): Problem {
  return host.includes('*') && host.length !== 1 && !host.startsWith('*.')
    ? `partial wildcard ${quoted(host)} not allowed`
    : undefined;
}

/** `namespace/host` of a Gateway's server or a Sidecar's egress listener. */
export function namespacedHost(host: string, of: 'gateway' | 'sidecar'): Findings {
  const findings = new Findings();
  const slash = host.indexOf('/');
  if (slash < 0)
    return of === 'gateway'
      ? hostPart(host, of)
      : findings.error('host must be of form namespace/dnsName');
  const [namespace, name] = [host.slice(0, slash), host.slice(slash + 1)];
  if (namespace === '' || name === '')
    findings.error('config namespace and dnsName in host entry cannot be empty');
  const special = of === 'gateway' ? ['*', '.'] : ['*', '.', '~'];
  if (!special.includes(namespace) && !isDnsLabel(namespace))
    findings.error(`invalid namespace value ${quoted(namespace)} in ${of}`);
  return findings.add(hostPart(name, of));
}

function hostPart(host: string, of: 'gateway' | 'sidecar'): Findings {
  const findings = new Findings();
  if (host !== '*' && !host.includes('.')) findings.error('short names (non FQDN) are not allowed');
  const problem = wildcardDomain(host);
  if (problem !== undefined) {
    if (of === 'sidecar') findings.error(problem);
    if (!isIp(host)) findings.error(problem);
  }
  return findings.error(partialWildcard(host));
}

export function port(number: number): Problem {
  return number >= 1 && number <= 65_535
    ? undefined
    : `port number ${number} must be in the range 1..65535`;
}

export function portName(name: string): Problem {
  return isDnsLabel(name) ? undefined : `invalid port name: ${name}`;
}

const PROTOCOLS = new Set([
  'tcp',
  'udp',
  'grpc',
  'grpc-web',
  'http',
  'http_proxy',
  'http2',
  'https',
  'tls',
  'mongo',
  'redis',
  'mysql',
  'hbone',
]);

export const protocols = {
  isKnown: (text: string) => PROTOCOLS.has(text.toLowerCase()),
  isHttp: (text: string) =>
    ['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'].includes(text.toLowerCase()),
  isTls: (text: string) => ['https', 'tls'].includes(text.toLowerCase()),
  isTcp: (text: string) =>
    ['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql'].includes(text.toLowerCase()),
};

export function protocol(text: string): Problem {
  return text === '' || protocols.isKnown(text) ? undefined : `unsupported protocol: ${text}`;
}

const IPV4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

export function isIp(text: string): boolean {
  return IPV4.test(text) || isIpv6(text);
}

function isIpv6(text: string): boolean {
  if (!text.includes(':') || !/^[0-9a-fA-F:.]+$/.test(text)) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const embedded = last.includes('.');
  if (embedded && !IPV4.test(last)) return false;
  const words = embedded ? groups.slice(0, -1) : groups;
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return false;
  const count = words.length + (embedded ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

export function isPrefix(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  return (
    rest.length === 0 &&
    isIp(address) &&
    /^\d+$/.test(length) &&
    Number(length) <= (IPV4.test(address) ? 32 : 128)
  );
}

export function ipAddress(text: string): Problem {
  return isIp(text) ? undefined : `${text} is not a valid IP`;
}

export function ipSubnet(text: string): Problem {
  if (text.split('/').length !== 2) return ipAddress(text);
  return isPrefix(text) ? undefined : `${text} is not a valid CIDR block`;
}

const NANOS = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 };

/** Nanoseconds of a Go duration. The API has already refused what is none. */
export function nanosOf(text: string): number {
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(
    /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g,
  ))
    total += Number(amount) * NANOS[unit as keyof typeof NANOS];
  return text.startsWith('-') ? -total : total;
}

export function duration(value: unknown): Problem {
  if (typeof value !== 'string') return undefined;
  const nanos = Math.round(nanosOf(value));
  if (nanos < 1e6) return 'duration must be greater than 1ms';
  return nanos % 1e6 === 0 ? undefined : 'only durations to ms precision are supported';
}

/** Labels that select workloads. */
export function labels(value: unknown): Findings {
  const findings = new Findings();
  for (const [key, text] of sortedEntries(value)) {
    const slash = key.lastIndexOf('/');
    const name = key.slice(slash + 1);
    if (
      !/^([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?\/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$/.test(
        key,
      )
    )
      findings.listedError(`invalid tag key: ${quoted(key)}`);
    else if (name.length > MAX_LABEL)
      findings.listedError(`invalid tag key: ${quoted(key)} (name is too long)`);
    if (!/^([a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?)?$/.test(String(text)))
      findings.listedError(`invalid tag value: ${quoted(String(text))}`);
  }
  return findings;
}

/** A selector that selects nothing in particular gets a warning. */
export function workloadSelector(
  selector: Fields | undefined,
  field: 'matchLabels' | 'labels',
): Findings {
  const findings = new Findings();
  if (!selector) return findings;
  const entries = sortedEntries(selector[field]);
  for (const [key, value] of entries) {
    const pair = quoted(`${key}=${String(value)}`);
    if (key === '') findings.error(`empty key is not supported in selector: ${pair}`);
    if (key.includes('*') || String(value).includes('*'))
      findings.error(`wildcard is not supported in selector: ${pair}`);
  }
  if (entries.length === 0) findings.warning('workload selector specified without labels');
  return findings;
}

export function exportTo(
  object: KubeObject,
  { toNoOne = false, selected = false }: { toNoOne?: boolean; selected?: boolean } = {},
): Findings {
  const findings = new Findings();
  const namespace = object.metadata.namespace ?? 'default';
  const given = at(object, 'spec', 'exportTo');
  const entries = Array.isArray(given) ? given.map(String) : [];
  const seen = new Set<string>();
  for (const entry of entries) {
    const key = entry === '.' ? namespace : entry;
    if (seen.has(key)) {
      findings.error(
        key === entry
          ? `duplicate entries in exportTo for entry ${entry}`
          : `duplicate entries in exportTo: . and current namespace ${namespace}`,
      );
    } else if (key === '~' && !toNoOne) {
      findings.error('exportTo ~ (none) is not allowed for Istio configuration objects');
    } else if (key !== '*' && key !== '~' && !isDnsLabel(key)) {
      findings.error('only .,*, or a valid DNS 1123 label is allowed as exportTo entry');
    } else {
      seen.add(key);
    }
  }
  if (selected && seen.size > 0) {
    if (!seen.has(namespace))
      findings.error(
        'destination rule with workload selector cannot have exportTo beyond current namespace',
      );
    else if (seen.size > 1)
      findings.error(
        'destination rule with workload selector cannot have multiple entries in exportTo',
      );
  }
  if (seen.has('*') && entries.length > 1)
    findings.error('cannot have both public (*) and non-public exportTo values for a resource');
  if (seen.has('~') && entries.length > 1)
    findings.error('cannot export service entry to no one (~) and someone');
  return findings;
}

/** Characters of a pattern above which a proxy may refuse its compiled form. */
const MAX_REGEX = 1024;

export function regex(pattern: string, where: string): Problem {
  if (pattern.length > MAX_REGEX)
    return `${quoted(where)}: regex is too large, max length allowed is ${MAX_REGEX}`;
  const problem = re2Problem(pattern);
  return problem === undefined
    ? undefined
    : `${quoted(where)}: error parsing regexp: ${problem}; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)`;
}

/** What RE2 would say. It knows no look-around and no back references. */
export function re2Problem(pattern: string): string | undefined {
  const around = /\(\?(?:<?[=!])/.exec(pattern);
  if (around) return `invalid or unsupported Perl syntax: \`${around[0].slice(0, 3)}\``;
  const back = /(?<!\\)(?:\\\\)*(\\[1-9])/.exec(pattern);
  if (back?.[1]) return `invalid escape sequence: \`${back[1]}\``;
  try {
    // Named groups and flags are written otherwise in JavaScript; what they hold is what is judged.
    new RegExp(pattern.replaceAll('(?P<', '(?<').replace(/\(\?[imsU]+\)/g, ''));
    return undefined;
  } catch (error) {
    return re2Words(pattern, error);
  }
}

function re2Words(pattern: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/Unterminated character class/.test(text))
    return `missing closing ]: \`${pattern.slice(pattern.lastIndexOf('['))}\``;
  if (/Unterminated group/.test(text)) return `missing closing ): \`${pattern}\``;
  if (/Unmatched '\)'/.test(text)) return `unexpected ): \`${pattern}\``;
  if (/Nothing to repeat/.test(text)) {
    const [repeat = pattern] = /[*+?]+/.exec(pattern) ?? [];
    return `missing argument to repetition operator: \`${repeat.slice(0, 1)}\``;
  }
  return `invalid character: \`${pattern}\``;
}
