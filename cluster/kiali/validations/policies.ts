// PeerAuthentications and AuthorizationPolicies: whether what they name is there, and whether they can work as written.

import type {
  AuthorizationPolicy,
  DestinationRule,
  PeerAuthentication,
  VirtualService,
} from '../../mesh/resources.ts';
import type { Workload } from '../inventory.ts';
import { hostName, isWildcard } from '../hosts.ts';
import { type Check, type Severity, check } from './checks.ts';
import type { TlsWorld } from './destination-rules.ts';
import { modeOf, tlsModeFor } from './mutual-tls.ts';
import type { HostRegistry } from './registry.ts';
import { checkSelectors, workloadChecks } from './selectors.ts';
import type { Validations } from './validations.ts';

export function checkPeerAuthentications(
  found: Validations,
  policies: readonly PeerAuthentication[],
  rules: readonly DestinationRule[],
  workloads: readonly Workload[],
  rootNamespace: string,
): void {
  const selected = policies.map((object) => ({
    object,
    labels: object.spec.selector?.matchLabels ?? {},
  }));
  checkSelectors(found, 'PeerAuthentication', selected, workloads, 'spec/selector');
  for (const { object, labels } of selected) {
    found.add('PeerAuthentication', object, workloadChecks(labels, workloads, SELECTOR));
    if (tlsModeFor(object) !== 'DISABLE') continue;
    const finding =
      object.metadata.namespace === rootNamespace
        ? meshDisabled(rules)
        : namespaceDisabled(object, rules);
    if (finding)
      found.add('PeerAuthentication', object, [check(finding, 'spec/mtls')], { invalid: true });
  }
}

const SELECTOR = 'spec/selector/matchLabels';

function isMutual(rule: DestinationRule): boolean {
  const mode = modeOf(rule);
  return mode === 'ISTIO_MUTUAL' || mode === 'MUTUAL';
}

function meshDisabled(rules: readonly DestinationRule[]) {
  return rules.some((rule) => rule.spec.host === '*.local' && isMutual(rule))
    ? 'disablingMeshRuleMissing'
    : undefined;
}

/** Callers that a rule makes speak mutual TLS meet servers that do not. */
function namespaceDisabled({ metadata }: PeerAuthentication, rules: readonly DestinationRule[]) {
  const own = rules.filter(
    ({ spec }) => spec.host === `*.${metadata.namespace ?? ''}.svc.cluster.local`,
  );
  if (own.some((rule) => modeOf(rule) === 'DISABLE')) return undefined;
  const mutual = own.some(isMutual) || meshDisabled(rules) !== undefined;
  return mutual ? 'disablingRuleMissing' : undefined;
}

export interface PolicyWorld {
  registry: HostRegistry;
  workloads: readonly Workload[];
  virtualServices: readonly VirtualService[];
  tls: TlsWorld;
  unknownHost: Severity;
}

export function checkAuthorizationPolicies(
  found: Validations,
  policies: readonly AuthorizationPolicy[],
  world: PolicyWorld,
): void {
  for (const policy of policies) {
    const labels = policy.spec.selector?.matchLabels ?? {};
    found.add('AuthorizationPolicy', policy, workloadChecks(labels, world.workloads, SELECTOR));
    found.add('AuthorizationPolicy', policy, namespaceChecks(policy, world));
    found.add('AuthorizationPolicy', policy, methodChecks(policy));
    found.add('AuthorizationPolicy', policy, hostChecks(policy, world), { invalid: true });
    found.add('AuthorizationPolicy', policy, principalChecks(policy, world), { invalid: true });
    found.add('AuthorizationPolicy', policy, tlsChecks(policy, world), { invalid: true });
  }
}

function* sources({ spec }: AuthorizationPolicy) {
  for (const [rule, { from = [] }] of (spec.rules ?? []).entries())
    for (const [index, { source = {} }] of from.entries())
      yield { path: `spec/rules[${rule}]/from[${index}]/source`, source };
}

function* operations({ spec }: AuthorizationPolicy) {
  for (const [rule, { to = [] }] of (spec.rules ?? []).entries())
    for (const [index, { operation = {} }] of to.entries())
      yield { path: `spec/rules[${rule}]/to[${index}]/operation`, operation };
}

function namespaceChecks(policy: AuthorizationPolicy, { registry }: PolicyWorld): Check[] {
  return [...sources(policy)].flatMap(({ path, source }) =>
    (source.namespaces ?? []).flatMap((name, index) =>
      registry.namespaces.includes(name)
        ? []
        : [check('namespaceNotFound', `${path}/namespaces[${index}]`)],
    ),
  );
}

const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];
/** `/package.service/method` */
const GRPC_METHOD = /^((\/[a-zA-Z.]+)+)(\/[a-zA-Z]+)$/;

function methodChecks(policy: AuthorizationPolicy): Check[] {
  return [...operations(policy)].flatMap(({ path, operation }) =>
    (operation.methods ?? []).flatMap((method, index) =>
      METHODS.includes(method.trim().toUpperCase()) || GRPC_METHOD.test(method)
        ? []
        : [check('method', `${path}/methods[${index}]`)],
    ),
  );
}

function hostChecks(policy: AuthorizationPolicy, world: PolicyWorld): Check[] {
  const namespace = policy.metadata.namespace ?? '';
  return [...operations(policy)].flatMap(({ path, operation }) =>
    (operation.hosts ?? []).flatMap((name, index) => {
      const host = world.registry.host(name, namespace);
      if ((isWildcard(host) && host.namespace === namespace) || world.registry.isKnown(host))
        return [];
      const isRouted = world.virtualServices.some(({ metadata, spec }) =>
        (spec.hosts ?? []).some(
          (each) =>
            each === '*' ||
            hostName(world.registry.host(each, metadata.namespace ?? '')) === hostName(host),
        ),
      );
      return isRouted ? [] : [check('policyHost', `${path}/hosts[${index}]`, world.unknownHost)];
    }),
  );
}

const TRUST_DOMAIN = 'cluster.local';

function principalChecks(policy: AuthorizationPolicy, { workloads }: PolicyWorld): Check[] {
  const known = workloads.flatMap(({ namespace, serviceAccounts }) =>
    serviceAccounts.map((account) => `${TRUST_DOMAIN}/ns/${namespace}/sa/${account}`),
  );
  const isKnown = (principal: string) => {
    if (principal === '*') return true;
    if (principal.startsWith('*')) return known.some((each) => each.endsWith(principal.slice(1)));
    if (principal.endsWith('*'))
      return known.some((each) => each.startsWith(principal.slice(0, -1)));
    return known.includes(principal);
  };
  return [...sources(policy)].flatMap(({ path, source }) =>
    (source.principals ?? []).flatMap((principal, index) =>
      isKnown(principal) ? [] : [check('principal', `${path}/principals[${index}]`)],
    ),
  );
}

const TLS_KEYS = ['source.namespace', 'source.principal', 'connection.sni'];

/** Who calls is known by certificates alone, so a server without mutual TLS never knows. */
function tlsChecks(policy: AuthorizationPolicy, { tls }: PolicyWorld): Check[] {
  const ofNamespace = tls.policies.filter(
    ({ metadata }) => metadata.namespace === policy.metadata.namespace,
  );
  const isOff = (list: readonly PeerAuthentication[]) =>
    list.some((each) => tlsModeFor(each) === 'DISABLE');
  const isSet = ofNamespace.some((each) => tlsModeFor(each) !== 'UNSET');
  if (!isOff(ofNamespace) && (isSet || !isOff(tls.meshPolicies))) return [];
  const fields = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'] as const;
  const paths = [...sources(policy)].flatMap(({ path, source }) =>
    fields.filter((name) => (source[name]?.length ?? 0) > 0).map((name) => `${path}/${name}`),
  );
  for (const [rule, { when = [] }] of (policy.spec.rules ?? []).entries())
    for (const [index, { key }] of when.entries())
      if (TLS_KEYS.includes(key)) paths.push(`spec/rules[${rule}]/when[${index}]`);
  return paths.map((path) => check('needsMtls', path));
}
