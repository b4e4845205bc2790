// What may be a name, a label, a key: each test returns the real server's words for what is wrong, none if nothing is.
// Source: "Object Names and IDs" and "Labels and Selectors" of the Kubernetes documentation; the messages as Status objects show them.

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const PERCENT = '[0-9]+%';

const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const DNS1035_WORDS =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const WILDCARD_WORDS =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const QUALIFIED_WORDS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_WORDS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const CONFIG_KEY_WORDS =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
const C_IDENTIFIER_WORDS =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
const ENV_WORDS =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";
const PERCENT_WORDS = "a valid percent string must be a numeric string followed by an ending '%'";

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const labelPattern = whole(LABEL);
const subdomainPattern = whole(SUBDOMAIN);
const dns1035Pattern = whole(DNS1035);
const qualifiedPattern = whole(QUALIFIED);
const labelValuePattern = whole(LABEL_VALUE);

function regexError(words: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return examples.length === 0
    ? `${words} (regex used for validation is '${pattern}')`
    : `${words} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

function tooLongBy(most: number): string {
  return `must be no more than ${most} bytes`;
}

/** `web`, at most 63: names of Services' ports, containers, namespaces. */
export function dnsLabelProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push(tooLongBy(63));
  if (!labelPattern.test(value))
    problems.push(
      subdomainPattern.test(value)
        ? 'must not contain dots'
        : regexError(LABEL_WORDS, LABEL, 'my-name', '123-abc'),
    );
  return problems;
}

/** `web.example`, at most 253: names of most kinds. */
export function dnsSubdomainProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 253) problems.push(tooLongBy(253));
  if (!subdomainPattern.test(value))
    problems.push(regexError(SUBDOMAIN_WORDS, SUBDOMAIN, 'example.com'));
  return problems;
}

export function wildcardSubdomainProblems(value: string): string[] {
  const pattern = `\\*\\.${SUBDOMAIN}`;
  const problems: string[] = [];
  if (value.length > 253) problems.push(tooLongBy(253));
  if (!whole(pattern).test(value))
    problems.push(regexError(WILDCARD_WORDS, pattern, '*.example.com'));
  return problems;
}

/** A label that starts with a letter: names of CRDs' resources, of Services before 1.36. */
export function dns1035Problems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push(tooLongBy(63));
  if (!dns1035Pattern.test(value))
    problems.push(regexError(DNS1035_WORDS, DNS1035, 'my-name', 'abc-123'));
  return problems;
}

/** `app`, `example.com/app`: keys of labels, annotations, finalizers, extended resources. */
export function qualifiedNameProblems(value: string): string[] {
  const parts = value.split('/');
  const problems: string[] = [];
  let name = value;
  if (parts.length === 2) {
    const [prefix = '', rest = ''] = parts;
    name = rest;
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dnsSubdomainProblems(prefix).map((problem) => `prefix part ${problem}`));
  } else if (parts.length > 2) {
    return [
      `a valid label key ${regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${tooLongBy(63)}`);
  if (!qualifiedPattern.test(name))
    problems.push(
      `name part ${regexError(QUALIFIED_WORDS, QUALIFIED, 'MyName', 'my.name', '123-abc')}`,
    );
  return problems;
}

export function labelValueProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 63) problems.push(tooLongBy(63));
  if (!labelValuePattern.test(value))
    problems.push(regexError(LABEL_VALUE_WORDS, LABEL_VALUE, 'MyValue', 'my_value', '12345'));
  return problems;
}

/** Keys of ConfigMaps and Secrets. */
export function configKeyProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 253) problems.push('must be no more than 253 characters');
  if (!whole(CONFIG_KEY).test(value))
    problems.push(regexError(CONFIG_KEY_WORDS, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  problems.push(...dotProblems(value));
  return problems;
}

function dotProblems(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  if (value.startsWith('..')) return ["must not start with '..'"];
  return [];
}

/** Names of environment variables: any printable ASCII but `=`. */
export function envVarNameProblems(value: string): string[] {
  if (value === '') return [`${ENV_WORDS}`];
  return /^[ -<>-~]+$/.test(value) ? [] : [ENV_WORDS];
}

export function cIdentifierProblems(value: string): string[] {
  return whole(C_IDENTIFIER).test(value)
    ? []
    : [regexError(C_IDENTIFIER_WORDS, C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')];
}

export function percentProblems(value: string): string[] {
  return whole(PERCENT).test(value) ? [] : [regexError(PERCENT_WORDS, PERCENT, '1%', '93%')];
}

export function portNumberProblems(port: number): string[] {
  return port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** IANA service names: `http`, at most 15 characters with a letter among them. */
export function portNameProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/i.test(value) || /[A-Z]/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/i.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-'))
    problems.push('must not begin or end with a hyphen');
  return problems;
}

/** Names that become a part of a URL path: RBAC's. */
export function pathSegmentProblems(value: string): string[] {
  if (value === '.') return ["may not be '.'"];
  if (value === '..') return ["may not be '..'"];
  return ['/', '%']
    .filter((part) => value.includes(part))
    .map((part) => `may not contain '${part}'`);
}

export function ipProblems(value: string): string[] {
  return isIPv4(value) || isIPv6(value)
    ? []
    : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

export function isIPv4(value: string): boolean {
  return (
    /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(value) && !/(^|\.)0\d/.test(value)
  );
}

export function isIPv6(value: string): boolean {
  if (!/^[0-9a-fA-F:.]+$/.test(value) || !value.includes(':')) return false;
  const halves = value.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const count = groups.length + (last.includes('.') ? 1 : 0);
  if (last.includes('.') && !isIPv4(last)) return false;
  const hex = last.includes('.') ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? count < 8 : count === 8;
}
