// PeerAuthentication, RequestAuthentication and AuthorizationPolicy.

import type { KubeObject } from '../../object.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import {
  conditionValues,
  emptyValues,
  ips,
  pathTemplates,
  policyPorts,
  serviceAccounts,
  trustDomains,
} from './authorization-values.ts';
import { Findings } from './findings.ts';
import { duration, workloadSelector } from './names.ts';
import { policyTargets } from './targets.ts';

export function peerAuthentication(object: KubeObject): Findings {
  const findings = new Findings();
  const spec = fieldsOf(object['spec']);
  const selector = isFields(spec['selector']) ? spec['selector'] : undefined;
  const ports = Object.keys(fieldsOf(spec['portLevelMtls']));
  const selects = Object.keys(fieldsOf(selector?.['matchLabels'])).length > 0;
  if (!selects && ports.length > 0)
    findings.error('mesh/namespace peer authentication cannot have port level mTLS');
  if (isFields(spec['portLevelMtls']) && ports.length === 0)
    findings.error('port level mTLS, if defined, must have at least one element');
  for (const port of ports)
    if (!(Number(port) > 0 && Number(port) <= 65_535))
      findings.error('port must be in range 1..65535');
  return findings.add(workloadSelector(selector, 'matchLabels'));
}

export function requestAuthentication(object: KubeObject): Findings {
  const spec = fieldsOf(object['spec']);
  const findings = policyTargets(spec);
  for (const rule of listOf(spec['jwtRules'])) findings.add(jwtRule(rule));
  return findings;
}

function jwtRule(rule: Fields): Findings {
  const findings = new Findings();
  const uri = stringOf(rule['jwksUri']) || stringOf(rule['jwks_uri']);
  if (stringsOf(rule['audiences']).includes(''))
    findings.listedError('audience must be non-empty string');
  if (stringOf(rule['issuer']) === '' && uri === '')
    findings.listedError('issuer or jwksUri must be non-empty string');
  const [scheme = ''] = /^[a-zA-Z][-+.a-zA-Z0-9]*(?=:)/.exec(uri) ?? [];
  if (uri !== '' && !['http', 'https'].includes(scheme.toLowerCase()))
    findings.listedError(`URI scheme ${JSON.stringify(scheme)} is not supported`);
  const keys = stringOf(rule['jwks']);
  if (keys !== '' && !isJson(keys))
    findings.listedError('jwks parse error: failed to unmarshal JWK set');
  for (const location of listOf(rule['fromHeaders']))
    if (stringOf(location['name']) === '')
      findings.listedError('location header name must be non-empty string');
  for (const { claim, header } of listOf(rule['outputClaimToHeaders'])) {
    const name = stringOf(header);
    if (stringOf(claim) === '' || name === '')
      findings.listedError('outputClaimToHeaders header and claim value must be non-empty string');
    else if (!/^[-_A-Za-z0-9]+$/.test(name))
      findings.listedError(`header name ${name} is not a valid header name`);
  }
  const problem = duration(rule['timeout']);
  return problem === undefined ? findings : findings.listedError(problem);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // That it is none is the finding.
  }
}

const NEVER_TRIGGERED =
  'action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request';

export function authorizationPolicy(object: KubeObject): Findings {
  const spec = fieldsOf(object['spec']);
  const findings = policyTargets(spec);
  const action = stringOf(spec['action']) || 'ALLOW';
  const rules = listOf(spec['rules']);
  if (action === 'CUSTOM') findings.add(customAction(spec, rules));
  if (isFields(spec['provider']) && action !== 'CUSTOM')
    findings.error(`\`provider\` must not be with non CUSTOM action, found ${action}`);
  if (action === 'DENY' && rules.length === 0) findings.error(`DENY ${NEVER_TRIGGERED}`);
  for (const [index, rule] of rules.entries()) findings.add(ruleOf(rule, index, action));
  const { name, namespace = 'default' } = object.metadata;
  return findings.prefixed(`invalid policy ${name}.${namespace}:`);
}

const SOURCE_FIELDS = [
  'principals',
  'requestPrincipals',
  'namespaces',
  'ipBlocks',
  'remoteIpBlocks',
  'notPrincipals',
  'notRequestPrincipals',
  'notNamespaces',
  'notIpBlocks',
  'notRemoteIpBlocks',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
];

/** Attributes of a source that an external authorizer is not told. */
const NOT_CUSTOM = [
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
];

const NOT_CUSTOM_KEYS = [
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
  'source.principal',
];

const filled = (fields: Fields, name: string) => stringsOf(fields[name]).length > 0;
const titled = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

function customAction(spec: Fields, rules: Fields[]): Findings {
  const findings = new Findings();
  if (rules.length === 0) findings.error(`CUSTOM ${NEVER_TRIGGERED}`);
  else if (stringOf(fieldsOf(spec['provider'])['name']) === '')
    findings.error('`provider.name` must not be empty');
  const refuse = (name: string) =>
    findings.error(`${name} is currently not supported with CUSTOM action`);
  for (const rule of rules) {
    for (const { source } of listOf(rule['from']))
      for (const field of NOT_CUSTOM)
        if (filled(fieldsOf(source), field)) refuse(`From.${titled(field)}`);
    for (const when of listOf(rule['when'])) {
      const key = stringOf(when['key']);
      if (NOT_CUSTOM_KEYS.includes(key) || key.startsWith('request.auth.')) refuse(key);
    }
  }
  return findings;
}

/** Attributes that connections have too, not only HTTP requests. */
const CONNECTION_SOURCE = SOURCE_FIELDS.filter(
  (field) => !/RequestPrincipals$|TrustDomains$/i.test(field),
);

function ruleOf(rule: Fields, index: number, action: string): Findings {
  const findings = new Findings();
  const at = `found at rule ${index}`;
  const from = listOf(rule['from']);
  const to = listOf(rule['to']);
  for (const { source } of from)
    findings.add(
      isFields(source)
        ? sourceOf(source, at)
        : new Findings().error(`\`from.source\` must not be nil, ${at}`),
    );
  for (const { operation } of to)
    findings.add(
      isFields(operation)
        ? operationOf(operation, at)
        : new Findings().error(`\`to.operation\` must not be nil, ${at}`),
    );
  for (const condition of listOf(rule['when'])) findings.add(conditionOf(condition));
  const sources = from.map(({ source }) => source).filter(isFields);
  const operations = to.map(({ operation }) => operation).filter(isFields);
  const connectionSource = sources.some((each) =>
    CONNECTION_SOURCE.some((field) => filled(each, field)),
  );
  const connectionTarget = operations.some(
    (each) => filled(each, 'ports') || filled(each, 'notPorts'),
  );
  const onlyHttp =
    (sources.length > 0 && operations.length === 0 && !connectionSource) ||
    (operations.length > 0 && !connectionTarget);
  if (action === 'DENY' && onlyHttp)
    findings.warning(
      'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
    );
  return findings;
}

function sourceOf(source: Fields, at: string): Findings {
  const findings = new Findings();
  const some = (...fields: string[]) => fields.some((field) => filled(source, field));
  if (
    some('principals', 'notPrincipals', 'namespaces', 'notNamespaces') &&
    some('serviceAccounts', 'notServiceAccounts')
  )
    findings.error(`cannot set serviceAccounts with namespaces or principals, ${at}`);
  if (!some(...SOURCE_FIELDS)) findings.error(`\`from.source\` must not be empty, ${at}`);
  for (const field of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'])
    findings.add(ips(stringsOf(source[field])));
  for (const field of SOURCE_FIELDS) {
    const values = stringsOf(source[field]);
    const name = titled(field);
    if (/serviceAccounts$/i.test(field)) findings.error(serviceAccounts(name, values));
    else if (/trustDomains$/i.test(field)) findings.error(trustDomains(name, values));
    else findings.error(emptyValues(name, values));
  }
  return findings;
}

const OPERATION_FIELDS = [
  'ports',
  'methods',
  'paths',
  'hosts',
  'notPorts',
  'notMethods',
  'notPaths',
  'notHosts',
];

function operationOf(operation: Fields, at: string): Findings {
  const findings = new Findings();
  if (!OPERATION_FIELDS.some((field) => filled(operation, field)))
    findings.error(`\`to.operation\` must not be empty, ${at}`);
  findings.add(policyPorts(stringsOf(operation['ports'])));
  findings.add(policyPorts(stringsOf(operation['notPorts'])));
  for (const field of OPERATION_FIELDS)
    findings.error(emptyValues(titled(field), stringsOf(operation[field])));
  for (const field of ['paths', 'notPaths'])
    findings.error(pathTemplates(titled(field), stringsOf(operation[field])));
  return findings;
}

function conditionOf(condition: Fields): Findings {
  const findings = new Findings();
  const key = stringOf(condition['key']);
  if (key === '') return findings.error('`key` must not be empty');
  const [values, notValues] = [stringsOf(condition['values']), stringsOf(condition['notValues'])];
  if (values.length + notValues.length === 0)
    return findings.error(`at least one of \`values\` or \`notValues\` must be set for key ${key}`);
  for (const [name, given] of [
    ['value', values],
    ['notValue', notValues],
  ] as const) {
    const problem = conditionValues(key, given);
    if (problem !== undefined) findings.error(`invalid \`${name}\` for \`key\` ${key}: ${problem}`);
  }
  return findings;
}
