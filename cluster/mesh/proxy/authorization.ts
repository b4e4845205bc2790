// Whether an AuthorizationPolicy lets a request or a connection in.
// Source: istio/api security/v1beta1/authorization_policy.proto; istio/istio pilot/pkg/security/authz (value matching).
// CUSTOM and AUDIT actions, JWT claims and conditions on them are not simulated: what needs a token never matches.

import { inCidr } from '../../network/addresses.ts';
import { type HttpHeaders, headerOf } from '../../network/http.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from '../resources.ts';
import type { InboundConfig } from '../routing/proxy-config.ts';

export interface AuthorizationQuestion {
  /** `cluster.local/ns/app/sa/client`, from the certificate. */
  principal: string | undefined;
  ip: string;
  port: number;
  /** Undefined for plain TCP. */
  http: { method: string; host: string; path: string; headers: HttpHeaders } | undefined;
}

export type AuthorizationVerdict = { allowed: true } | { allowed: false; details: string };

/** DENY first; then, where any ALLOW policy exists, one of them must match. */
export function authorize(
  { deny, allow }: Pick<InboundConfig, 'deny' | 'allow'>,
  question: AuthorizationQuestion,
): AuthorizationVerdict {
  for (const policy of deny)
    for (const [index, rule] of (policy.spec.rules ?? []).entries())
      if (ruleMatches(rule, question, 'DENY', policy.metadata.namespace))
        return { allowed: false, details: denied(`${nameOf(policy)}-rule[${index}]`) };
  if (allow.length === 0) return { allowed: true };
  const found = allow.some(({ metadata, spec }) =>
    (spec.rules ?? []).some((rule) => ruleMatches(rule, question, 'ALLOW', metadata.namespace)),
  );
  return found ? { allowed: true } : { allowed: false, details: denied('none') };
}

function denied(policy: string): string {
  return `rbac_access_denied_matched_policy[${policy}]`;
}

function nameOf({ metadata }: AuthorizationPolicy): string {
  return `ns[${metadata.namespace}]-policy[${metadata.name}]`;
}

function ruleMatches(
  { from, to, when }: AuthorizationRule,
  question: AuthorizationQuestion,
  action: 'ALLOW' | 'DENY',
  home: string | undefined,
): boolean {
  return (
    (!from?.length ||
      from.some(({ source }) => !source || sourceMatches(source, question, action, home))) &&
    (!to?.length ||
      to.some(({ operation }) => !operation || operationMatches(operation, question, action))) &&
    (when ?? []).every((condition) => conditionMatches(condition, question, action))
  );
}

function sourceMatches(
  source: AuthorizationSource,
  question: AuthorizationQuestion,
  action: 'ALLOW' | 'DENY',
  home: string | undefined,
): boolean {
  const { principal, ip, http } = question;
  const asksHttp = [source.requestPrincipals, source.notRequestPrincipals].some(
    (list) => (list ?? []).length > 0,
  );
  if (!http && asksHttp && action === 'ALLOW') return false;
  const parts = /\/ns\/([^/]+)\/sa\/(.+)$/.exec(principal ?? '');
  const namespace = parts?.[1];
  const account = namespace && `${namespace}/${parts?.[2]}`;
  // A short name is an account of the policy's own namespace.
  const full = (name: string) => (name.includes('/') ? name : `${home}/${name}`);
  // Without a token there is no request principal.
  return (
    within(source.principals, source.notPrincipals, principal) &&
    (!http || within(source.requestPrincipals, source.notRequestPrincipals, undefined)) &&
    within(source.namespaces, source.notNamespaces, namespace) &&
    within(source.serviceAccounts?.map(full), source.notServiceAccounts?.map(full), account) &&
    inBlocks(source.ipBlocks, source.notIpBlocks, ip) &&
    inBlocks(source.remoteIpBlocks, source.notRemoteIpBlocks, ip)
  );
}

/** On plain TCP what asks for HTTP can never be allowed; a DENY rule leaves it aside. */
function operationMatches(
  operation: AuthorizationOperation,
  { http, port }: AuthorizationQuestion,
  action: 'ALLOW' | 'DENY',
): boolean {
  const { hosts, notHosts, methods, notMethods, paths, notPaths } = operation;
  const asksHttp = [hosts, notHosts, methods, notMethods, paths, notPaths].some(
    (list) => (list ?? []).length > 0,
  );
  const portFits = within(operation.ports, operation.notPorts, String(port));
  if (!http) return portFits && (!asksHttp || action === 'DENY');
  return (
    portFits &&
    within(hosts?.map(lower), notHosts?.map(lower), lower(http.host)) &&
    within(methods, notMethods, http.method) &&
    within(paths, notPaths, http.path, pathMatches)
  );
}

const lower = (text: string) => text.toLowerCase();

function conditionMatches(
  { key, values, notValues }: { key: string; values?: string[]; notValues?: string[] },
  { principal, ip, port, http }: AuthorizationQuestion,
  action: 'ALLOW' | 'DENY',
): boolean {
  if (!http && key.startsWith('request.')) return action === 'DENY';
  const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
  if (header !== undefined)
    return within(values, notValues, http && headerOf(http.headers, header));
  switch (key) {
    case 'source.principal':
      return within(values, notValues, principal);
    case 'source.namespace':
      return within(values, notValues, /\/ns\/([^/]+)\//.exec(principal ?? '')?.[1]);
    case 'source.ip':
    case 'remote.ip':
      return inBlocks(values, notValues, ip);
    case 'destination.port':
      return within(values, notValues, String(port));
    default:
      // Claims, SNI and the like: nothing here has them.
      return within(values, notValues, undefined);
  }
}

/** One of the wanted, none of the unwanted. An absent value is none of anything. */
function within(
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  value: string | undefined,
  matches = valueMatches,
): boolean {
  const fits = (pattern: string) => value !== undefined && matches(pattern, value);
  return (!wanted?.length || wanted.some(fits)) && !(unwanted ?? []).some(fits);
}

/** Exact, `prefix*`, `*suffix`, or `*` for any value that is not empty. */
function valueMatches(pattern: string, value: string): boolean {
  if (pattern === '*') return value !== '';
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return pattern === value;
}

/** A path, or a template: `{*}` is one segment, `{**}` any number of them, none included. */
function pathMatches(pattern: string, path: string): boolean {
  if (!TEMPLATE.test(pattern)) return valueMatches(pattern, path);
  let known = templates.get(pattern);
  if (!known) {
    const source = pattern
      .split(TEMPLATE)
      .map((part) =>
        part === '{*}'
          ? '[^/]+'
          : part === '{**}'
            ? '.*'
            : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
      )
      .join('');
    known = new RegExp(`^${source}$`);
    if (templates.size >= TEMPLATES) templates.clear();
    templates.set(pattern, known);
  }
  return known.test(path);
}

const TEMPLATE = /(\{\*\*?\})/;
/** Compiled templates that are kept; more than any mesh has. */
const TEMPLATES = 500;
const templates = new Map<string, RegExp>();

function inBlocks(
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  ip: string,
): boolean {
  const within = (block: string) => inCidr(ip, block);
  return (!wanted?.length || wanted.some(within)) && !(unwanted ?? []).some(within);
}
