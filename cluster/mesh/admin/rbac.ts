// AuthorizationPolicies as the rules of Envoy's RBAC filter. What decides is proxy/authorization.ts; this shows it.
// Source: envoyproxy/envoy api/envoy/config/rbac/v3; istio/istio pilot/pkg/security/authz/model.

import type { Fields } from '../../schema/fields.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  AuthorizationSource,
} from '../resources.ts';
import { extension } from './protobuf-json.ts';

type Matcher = (value: string) => Fields;

/** The filters a chain gets, DENY before ALLOW; none without policies. */
export function rbacFilters(
  { deny, allow }: { deny: readonly AuthorizationPolicy[]; allow: readonly AuthorizationPolicy[] },
  layer: 'http' | 'network',
): Fields[] {
  return [
    ...(deny.length > 0 ? [filter(layer, { action: 'DENY', policies: policiesOf(deny) })] : []),
    ...(allow.length > 0 ? [filter(layer, { policies: policiesOf(allow) })] : []),
  ];
}

function filter(layer: 'http' | 'network', rules: Fields): Fields {
  return extension(
    `envoy.filters.${layer}.rbac`,
    `envoy.extensions.filters.${layer}.rbac.v3.RBAC`,
    {
      rules,
      shadow_rules_stat_prefix: 'istio_dry_run_allow_',
    },
  );
}

/** By name: `ns[app]-policy[viewer]-rule[0]`. An ALLOW policy without rules is in none of them, and so allows nothing. */
function policiesOf(policies: readonly AuthorizationPolicy[]): Fields {
  return Object.fromEntries(
    policies.flatMap(({ metadata, spec }) =>
      (spec.rules ?? []).map((rule, index) => [
        `ns[${metadata.namespace}]-policy[${metadata.name}]-rule[${index}]`,
        { permissions: permissionsOf(rule), principals: principalsOf(rule) },
      ]),
    ),
  );
}

function permissionsOf({ to = [] }: AuthorizationRule): Fields[] {
  const rules = to.map(({ operation = {} }) => and('rules', operationRules(operation)));
  return rules.length > 0 ? rules : [and('rules', [{ any: true }])];
}

function principalsOf({ from = [], when = [] }: AuthorizationRule): Fields[] {
  const conditions = when.flatMap(({ key, values, notValues }) =>
    both('ids', values, notValues, condition(key)),
  );
  const sources = from.length > 0 ? from : [{ source: {} }];
  return sources.map(({ source = {} }) => and('ids', [...sourceIds(source), ...conditions]));
}

function operationRules(operation: AuthorizationOperation): Fields[] {
  const header =
    (name: string): Matcher =>
    (value) => ({
      header: { name, string_match: text(value) },
    });
  return [
    ...both('rules', operation.hosts, operation.notHosts, header(':authority')),
    ...both('rules', operation.methods, operation.notMethods, header(':method')),
    ...both('rules', operation.paths, operation.notPaths, (value) => ({
      url_path: { path: text(value) },
    })),
    ...both('rules', operation.ports, operation.notPorts, (value) => ({
      destination_port: Number(value),
    })),
  ];
}

function sourceIds(source: AuthorizationSource): Fields[] {
  const named =
    (matcher: Matcher): Matcher =>
    (value) => ({
      filter_state: { key: 'io.istio.peer_principal', string_match: matcher(value) },
    });
  const block =
    (field: 'direct_remote_ip' | 'remote_ip'): Matcher =>
    (value) => {
      const [address = '', length = '32'] = value.split('/');
      return { [field]: { address_prefix: address, prefix_len: Number(length) } };
    };
  return [
    ...both('ids', source.principals, source.notPrincipals, named(spiffe)),
    ...both(
      'ids',
      source.namespaces,
      source.notNamespaces,
      named((value) => ({ safe_regex: { regex: `.*/ns/${value.replaceAll('*', '.*')}/.*` } })),
    ),
    ...both(
      'ids',
      source.serviceAccounts,
      source.notServiceAccounts,
      named((value) => {
        const [namespace = '', account = ''] = value.split('/');
        return { safe_regex: { regex: `.*/ns/${namespace}/sa/${account}` } };
      }),
    ),
    ...both('ids', source.ipBlocks, source.notIpBlocks, block('direct_remote_ip')),
    ...both('ids', source.remoteIpBlocks, source.notRemoteIpBlocks, block('remote_ip')),
  ];
}

/** `request.headers[x-token]` is a header; other keys are shown by their name. */
function condition(key: string): Matcher {
  const name = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
  return (value) =>
    name === undefined
      ? { metadata: { filter: key, value: { string_match: text(value) } } }
      : { header: { name, string_match: text(value) } };
}

function both(
  of: 'rules' | 'ids',
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  matcher: Matcher,
): Fields[] {
  const any = (values: readonly string[]) => or(of, values.map(matcher));
  return [
    ...(wanted?.length ? [any(wanted)] : []),
    ...(unwanted?.length ? [{ [of === 'rules' ? 'not_rule' : 'not_id']: any(unwanted) }] : []),
  ];
}

const or = (of: 'rules' | 'ids', list: Fields[]): Fields => ({ [`or_${of}`]: { [of]: list } });

function and(of: 'rules' | 'ids', list: Fields[]): Fields {
  return { [`and_${of}`]: { [of]: list.length > 0 ? list : [{ any: true }] } };
}

/** Istio's values: whole, `prefix*`, `*suffix`, or `*` for anything that is there. */
function text(value: string): Fields {
  if (value === '*') return { safe_regex: { regex: '.+' } };
  if (value.startsWith('*')) return { suffix: value.slice(1) };
  if (value.endsWith('*')) return { prefix: value.slice(0, -1) };
  return { exact: value };
}

function spiffe(value: string): Fields {
  return value.startsWith('*') ? text(value) : text(`spiffe://${value}`);
}
