// The values that rules of an AuthorizationPolicy compare with: addresses, ports, principals, paths, attributes.

import { Findings } from './findings.ts';
import { isIp, isPrefix } from './names.ts';

type Problem = string | undefined;

export function emptyValues(name: string, values: readonly string[]): Problem {
  return values.includes('') ? `empty value not allowed, found in ${name}` : undefined;
}

export function ips(values: readonly string[]): Findings {
  const findings = new Findings();
  for (const value of values) {
    if (value.includes('/')) {
      if (!isPrefix(value))
        findings.listedError(`bad CIDR range (${value}): ${prefixProblem(value)}`);
    } else if (!isIp(value)) {
      findings.listedError(`bad IP address (${value})`);
    }
  }
  return findings;
}

/** As Go's netip says it. */
function prefixProblem(text: string): string {
  const [address = '', length = ''] = text.split('/');
  const parsing = `netip.ParsePrefix(${JSON.stringify(text)})`;
  if (!isIp(address))
    return `${parsing}: ParseAddr(${JSON.stringify(address)}): unable to parse IP`;
  return /^\d+$/.test(length)
    ? `${parsing}: prefix length out of range`
    : `${parsing}: bad bits after slash: ${JSON.stringify(length)}`;
}

export function policyPorts(values: readonly string[]): Findings {
  const findings = new Findings();
  for (const value of values) {
    if (!/^\d+$/.test(value))
      findings.listedError(
        `bad port (${value}): strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    else if (Number(value) > 65_535) findings.listedError(`bad port (${value}): <nil>`);
  }
  return findings;
}

const MAX_ACCOUNTS = 16;
const MAX_ACCOUNT_LENGTH = 320;
const ACCOUNT = "expected format 'serviceAccount' or 'namespace/serviceAccount', found";

export function serviceAccounts(name: string, values: readonly string[]): Problem {
  if (values.length > MAX_ACCOUNTS) return `may not have more than ${MAX_ACCOUNTS} values`;
  for (const value of values) {
    const shown = JSON.stringify(value);
    const [first = '', second, ...rest] = value.split('/');
    if (value === '') return `empty value not allowed, found in ${name}`;
    if (value.includes('*')) return `wildcard not allowed, found in ${name}`;
    if (rest.length > 0) return `${ACCOUNT} ${shown} in ${name}`;
    if (value.length > MAX_ACCOUNT_LENGTH)
      return `value cannot exceed ${MAX_ACCOUNT_LENGTH} characters, found ${shown} in ${name}`;
    if (second !== undefined && first === '')
      return `${ACCOUNT} empty namespace ${shown} in ${name}`;
    if (second === '') return `${ACCOUNT} empty serviceAccount ${shown} in ${name}`;
  }
  return undefined;
}

/** At most one asterisk, at the start or the end. */
function wildcards(name: string, values: readonly string[]): Problem {
  for (const value of values) {
    const shown = JSON.stringify(value);
    const count = value.split('*').length - 1;
    if (count > 1) return `at most one wildcard is allowed, found in ${name}: ${shown}`;
    if (count === 1 && !value.startsWith('*') && !value.endsWith('*'))
      return `wildcard is only allowed at the start or end, found in ${name}: ${shown}`;
  }
  return undefined;
}

export function trustDomains(name: string, values: readonly string[]): Problem {
  const problem = emptyValues(name, values) ?? wildcards(name, values);
  if (problem !== undefined) return problem;
  const bad = values.find((value) => value.includes('/'));
  return bad === undefined
    ? undefined
    : `trust domain must not contain '/', found in ${name}: ${JSON.stringify(bad)}`;
}

/** `{*}` stands for one segment and `{**}`, once, for the rest. */
export function pathTemplates(name: string, values: readonly string[]): Problem {
  for (const value of values) {
    const templated = value.includes('{') || value.includes('}');
    if (!templated) continue;
    const wrong = (hint: string) =>
      `invalid or unsupported path ${value}, found in ${name}. ${hint}`;
    if (value.includes('*') && value.replaceAll(/\{\*\*?\}/g, '').includes('*'))
      return wrong(
        'Contains `{` or `}` beyond a supported path template `{*}` or `{**}`, and `*` beyond a supported path template',
      );
    const segments = value.split('/');
    if (segments.some((each) => /[{}]/.test(each) && each !== '{*}' && each !== '{**}'))
      return wrong('Contains `{` or `}` beyond a supported path template `{*}` or `{**}`');
  }
  return undefined;
}

const MAPS = ['request.headers', 'request.auth.claims', 'experimental.'];
const PLAIN = [
  'source.namespace',
  'source.principal',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'connection.sni',
];

/** The values of one attribute in a condition. */
export function conditionValues(key: string, values: readonly string[]): Problem {
  const empty = emptyValues(key, values);
  if (empty !== undefined) return empty;
  if (MAPS.some((map) => key.startsWith(map)))
    return /^[^[]+\[.+\]$/.test(key) ? undefined : `bad key (${key}): should have format a[b]`;
  if (['source.ip', 'remote.ip', 'destination.ip'].includes(key)) return ips(values).denial;
  if (key === 'source.serviceAccount') return serviceAccounts(key, values);
  if (key === 'source.trustDomain') return trustDomains(key, values);
  if (key === 'destination.port') return policyPorts(values).denial;
  if (PLAIN.includes(key)) return undefined;
  if (key === 'destination.namespace')
    return `attribute ${key} is replaced by the metadata.namespace`;
  if (key.startsWith('destination.labels'))
    return `attribute ${key} is replaced by the workload selector`;
  if (key === 'destination.name' || key === 'destination.user')
    return `deprecated attribute ${key}: only supported in v1alpha1`;
  return `unknown attribute: ${key}`;
}
