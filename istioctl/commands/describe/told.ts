// What both descriptions share: names, the rules that a Service's clients follow, and how a rule is told for one pod.
// Source: istio/istio istioctl/pkg/describe.

import type {
  DestinationRuleSpec,
  HttpMatchRequest,
  HttpRoute,
  PortTrafficPolicy,
  StringMatch,
  VirtualServiceSpec,
} from '../../../cluster/mesh/resources.ts';
import { resolveHost, serviceHost } from '../../../cluster/mesh/routing/hosts.ts';
import { protocols } from '../../../cluster/mesh/validation/names.ts';
import type { KubeObject } from '../../../cluster/object.ts';
import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringMapOf,
  stringOf,
  stringsOf,
} from '../../../cluster/schema/fields.ts';
import { CommandError, type Invocation } from '../../command.ts';
import { askEnvoy, ConfigDump } from '../../config-dump.ts';
import { ruleOf } from '../proxy-config/names.ts';

export const RULER = '--------------------\n';

/** Names of the current namespace stand alone. */
export function nameFor(namespace: string): (object: KubeObject) => string {
  return ({ metadata }) =>
    metadata.namespace === namespace ? metadata.name : `${metadata.name}.${metadata.namespace}`;
}

export const proxyOf = (pod: KubeObject): Fields | undefined => {
  const spec = fieldsOf(pod['spec']);
  return [...listOf(spec['containers']), ...listOf(spec['initContainers'])].find(
    ({ name }) => name === 'istio-proxy',
  );
};

export interface Describing {
  invocation: Invocation;
  /** The namespace whose names stand alone. */
  namespace: string;
  /** The labels of the pods that are described. */
  labels: readonly Readonly<Record<string, string>>[];
}

/** For each Service its ports, and the rules that its callers have, as this pod's own proxy knows them. */
export async function describeServices(
  describing: Describing,
  pod: KubeObject,
  services: readonly KubeObject[],
): Promise<string> {
  const { name, namespace = '' } = pod.metadata;
  let dump: ConfigDump;
  try {
    dump = new ConfigDump(
      await askEnvoy(describing.invocation, { name, namespace }, 'config_dump'),
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`failed to execute command on sidecar: ${error.message}`);
  }
  const parts: string[] = [];
  for (const service of services) parts.push(await describeService(describing, dump, pod, service));
  return parts.join(RULER);
}

async function describeService(
  describing: Describing,
  dump: ConfigDump,
  pod: KubeObject,
  service: KubeObject,
): Promise<string> {
  const title = nameFor(describing.namespace);
  const ports = listOf(fieldsOf(service['spec'])['ports']).filter(
    ({ protocol }) => (protocol ?? 'TCP') === 'TCP',
  );
  const several = ports.length > 1;
  const lines = [`Service: ${title(service)}`, ...ports.map((port) => `   ${portText(port, pod)}`)];
  for (const port of ports) {
    const number = numberOf(port['port']) ?? 0;
    if (several) lines.push(`${number}:`);
    const indent = several ? '   ' : '';
    const host = serviceHost(service.metadata.name, service.metadata.namespace ?? '');
    const found = rulesOf(dump, host, number);
    const rule = await ruleObject(describing, 'destinationrules', found.destinationRule, lines);
    if (rule) lines.push(...destinationRuleLines(rule, describing).map((line) => indent + line));
    const routes = await ruleObject(describing, 'virtualservices', found.virtualService, lines);
    if (routes)
      lines.push(
        ...virtualServiceLines(routes, { host, rule, describing }).map((line) => indent + line),
      );
    const policies = policiesOf(dump);
    if (policies.length > 0)
      lines.push(`${several ? `${number} ` : ''}RBAC policies: ${policies.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `Port: http 80/HTTP targets pod port 80` */
function portText(port: Fields, pod: KubeObject): string {
  const name = stringOf(port['name']);
  const number = numberOf(port['port']) ?? 0;
  const target = port['targetPort'] ?? number;
  const found = typeof target === 'string' ? namedPort(pod, target) : numberOf(target);
  if (found === undefined) return `no suitable port for manifest: ${pod.metadata.uid}`;
  return `Port: ${name} ${number}/${protocolText(port)} targets pod port ${found}`;
}

function namedPort(pod: KubeObject, name: string): number | undefined {
  const ports = listOf(fieldsOf(pod['spec'])['containers']).flatMap(({ ports: of }) => listOf(of));
  return numberOf(ports.find((port) => port['name'] === name)?.['containerPort']);
}

function protocolText(port: Fields): string {
  const [name, app] = [stringOf(port['name']), stringOf(port['appProtocol'])];
  if (name === '' && app === '') return 'auto-detect';
  const word = app || (name.startsWith('grpc-web') ? 'grpc-web' : (name.split('-')[0] ?? ''));
  return protocols.isKnown(word) ? word.toUpperCase() : 'UnsupportedProtocol';
}

/** The rules that the proxy's clusters and routes of a Service come from. */
function rulesOf(
  dump: ConfigDump,
  host: string,
  port: number,
): { destinationRule: string | undefined; virtualService: string | undefined } {
  const cluster = dump
    .clusters()
    .find(
      ({ name }) =>
        new RegExp(`^outbound\\|${port}\\|[^|]*\\|`).test(stringOf(name)) &&
        stringOf(name).endsWith(`|${host}`),
    );
  // A port whose protocol is found out by looking has a table of its own, which istioctl does not look into.
  const route = dump
    .routes()
    .filter(({ name }) => name === String(port))
    .flatMap(({ virtual_hosts }) => listOf(virtual_hosts))
    .filter(({ domains }) => stringsOf(domains).includes(host))
    .flatMap(({ routes }) => listOf(routes))[0];
  return {
    destinationRule: (cluster && ruleOf(cluster)) || undefined,
    virtualService: (route && ruleOf(route)) || undefined,
  };
}

/** Names of the policies that the proxy's inbound listener asks. */
function policiesOf(dump: ConfigDump): string[] {
  const inbound = dump.listeners().find(({ name }) => name === 'virtualInbound');
  for (const chain of listOf(inbound?.['filter_chains']))
    for (const { typed_config } of listOf(chain['filters'])) {
      const filters = listOf(fieldsOf(typed_config)['http_filters']);
      const found = filters.filter(({ name }) => name === 'envoy.filters.http.rbac');
      if (found.length > 0)
        return found.flatMap((filter) =>
          Object.keys(fieldsOf(at(filter, 'typed_config', 'rules', 'policies'))),
        );
    }
  return [];
}

const KINDS = { destinationrules: 'destination rule', virtualservices: 'virtual service' };

/**
 * The rule that a proxy has from istiod. One that the cluster has no more is said in `lines`.
 * @param name `backend.default`
 */
async function ruleObject(
  { invocation }: Describing,
  plural: keyof typeof KINDS,
  name: string | undefined,
  lines: string[],
): Promise<KubeObject | undefined> {
  if (name === undefined) return undefined;
  const dot = name.lastIndexOf('.');
  const path = `/apis/networking.istio.io/v1/namespaces/${name.slice(dot + 1)}/${plural}/${name.slice(0, dot)}`;
  const found = await invocation.cluster().find(path);
  if (!found)
    lines.push(`WARNING: Proxy is stale; it references to non-existent ${KINDS[plural]} ${name}`);
  return found;
}

/** Gateways are not simulated, so a mesh that has their pods has nothing to tell of them. */
export async function gatewaysText(invocation: Invocation): Promise<string> {
  const query = `?labelSelector=${encodeURIComponent('istio=ingressgateway')}&fieldSelector=${encodeURIComponent('status.phase=Running')}`;
  const pods = await invocation.cluster().list(`/api/v1/pods${query}`);
  return pods.length === 0 ? 'Skipping Gateway information (no ingress gateway pods)\n' : '';
}

function subsetsOf(rule: KubeObject | undefined, { labels }: Describing) {
  const subsets = specOf<DestinationRuleSpec>(rule)?.subsets ?? [];
  const matches = (wanted: Record<string, string> = {}) =>
    labels.some((own) => Object.entries(wanted).every(([key, value]) => own[key] === value));
  const [matching, others] = [true, false].map((is) =>
    subsets.filter((subset) => matches(subset.labels) === is).map(({ name }) => name),
  );
  return { matching: matching ?? [], others: others ?? [] };
}

/** A stored object's spec, which the API server has judged. */
const specOf = <Spec>(object: KubeObject | undefined): Spec | undefined =>
  object && (fieldsOf(object['spec']) as unknown as Spec);

function destinationRuleLines(rule: KubeObject, describing: Describing): string[] {
  const { host, trafficPolicy } = specOf<DestinationRuleSpec>(rule) ?? { host: '' };
  const { matching, others } = subsetsOf(rule, describing);
  const lines = [
    `DestinationRule: ${nameFor(describing.namespace)(rule)} for ${JSON.stringify(host)}`,
  ];
  if (matching.length + others.length > 0) {
    if (matching.length === 0)
      lines.push(
        `   WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets ${others.join(',')})`,
      );
    lines.push(`   Matching subsets: ${matching.join(',')}`);
    if (others.length > 0) lines.push(`      (Non-matching subsets ${others.join(',')})`);
  }
  if (!trafficPolicy) return [...lines, '   No Traffic Policy'];
  if (trafficPolicy.tls)
    lines.push(`   Traffic Policy TLS Mode: ${trafficPolicy.tls.mode ?? 'DISABLE'}`);
  const policies = policiesText(trafficPolicy);
  if (policies !== '') lines.push(`   ${policies}`);
  const { portLevelSettings = [] } = trafficPolicy;
  if (portLevelSettings.length > 0) lines.push('   Port Level Settings:');
  for (const settings of portLevelSettings) {
    lines.push(`    ${settings.port?.number ?? 0}:`);
    if (settings.tls) lines.push(`      TLS Mode: ${settings.tls.mode ?? 'DISABLE'}`);
    const own = policiesText(settings);
    if (own !== '') lines.push(`      ${own}`);
  }
  return lines;
}

function policiesText(policy: PortTrafficPolicy): string {
  const told = [
    ...(policy.loadBalancer ? ['load balancer'] : []),
    ...(policy.connectionPool ? ['connection pool'] : []),
    ...(policy.outlierDetection ? ['outlier detection'] : []),
  ];
  return told.length === 0 ? '' : `Policies: ${told.join('/')}`;
}

interface RoutesOf {
  host: string;
  rule: KubeObject | undefined;
  describing: Describing;
}

function virtualServiceLines(virtualService: KubeObject, of: RoutesOf): string[] {
  const { http = [], tcp = [], tls = [] } = specOf<VirtualServiceSpec>(virtualService) ?? {};
  const title = `VirtualService: ${nameFor(of.describing.namespace)(virtualService)}`;
  const namespace = virtualService.metadata.namespace ?? '';
  const told = [
    ...http.map((route) => routeFacts(route, namespace, of)),
    ...tcp.map(({ route = [] }) => ({
      reaches: route.some(
        ({ destination }) => resolveHost(destination.host, namespace) === of.host,
      ),
      facts: [],
    })),
  ];
  const reaching = told.filter(({ reaches }) => reaches);
  const facts = reaching.flatMap((each) => each.facts);
  const notes = told.filter(({ reaches }) => !reaches).flatMap((each) => each.facts);
  const lines = [title, ...facts.map((fact) => `   ${fact}`)];
  if (reaching.length === 0) {
    for (const [kind, list] of [
      ['HTTP', http],
      ['TCP', tcp],
    ] as const)
      if (list.length > 0)
        lines.push(
          `   WARNING: No destinations match pod subsets (checked ${list.length} ${kind} routes)`,
        );
    return [...lines, ...notes.map((note) => `      ${note}`)];
  }
  const possible = http.length + tls.length + tcp.length;
  if (reaching.length < possible) {
    lines.push(
      `   ${possible - reaching.length} additional destination(s) that will not reach this pod`,
    );
    if (facts.length === 0) lines.push(...notes.map((note) => `      ${note}`));
    return lines;
  }
  if (facts.length > 0) return lines;
  if (http.length > 0) lines.push(`   ${http.length} HTTP route(s)`);
  if (tcp.length > 0) lines.push(`   ${tcp.length} TCP route(s)`);
  return lines;
}

/** Whether a route can lead to the pod, and what is to be said of it. */
function routeFacts(
  route: HttpRoute,
  namespace: string,
  { host, rule, describing }: RoutesOf,
): { reaches: boolean; facts: string[] } {
  const { matching, others } = subsetsOf(rule, describing);
  const facts: string[] = [];
  const notes: string[] = [];
  let reaches = false;
  for (const { destination, weight = 0 } of route.route ?? []) {
    const { subset = '' } = destination;
    if (resolveHost(destination.host, namespace) !== host) {
      facts.push(
        subset === ''
          ? `Route to host "${destination.host}" with weight ${weight}%`
          : `Route to ${destination.host} with invalid config`,
      );
      continue;
    }
    if (subset !== '' && others.includes(subset)) {
      notes.push(`Route to non-matching subset ${subset} for (${matchesText(route.match ?? [])})`);
      continue;
    }
    if (subset !== '' && !matching.includes(subset)) {
      notes.push(
        rule
          ? `Warning: Route to UNKNOWN subset ${subset}; check DestinationRule ${nameFor(describing.namespace)(rule)}`
          : `Warning: Route to subset ${subset} but NO DESTINATION RULE defining subsets!`,
      );
      continue;
    }
    reaches = true;
    if (weight > 0)
      facts.push(
        `Route to host "${destination.host}"${subset === '' ? '' : ` subset "${subset}"`} with weight ${weight}%`,
      );
  }
  if (!reaches) return { reaches, facts: [...facts, ...notes] };
  const conditions = [
    ...(route.fault ? [`Fault injection ${JSON.stringify(route.fault)}`] : []),
    ...(route.match ?? []).map(conditionText),
  ];
  return { reaches, facts: conditions.length > 0 ? [...facts, conditions.join(', ')] : facts };
}

function matchesText(matches: readonly HttpMatchRequest[]): string {
  return matches.length === 0 ? 'everything' : matches.map(conditionText).join(', ');
}

function conditionText({ uri, ignoreUriCase, headers = {} }: HttpMatchRequest): string {
  const path = uri ? `${stringMatchText(uri)}${ignoreUriCase ? ' uncased' : ''}` : '';
  const conditions = Object.entries(headers).map(
    ([name, match]) => `${name}=${stringMatchText(match)}`,
  );
  const when = conditions.length === 0 ? '' : ` when headers are ${conditions.join('; ')}`;
  return `Match: ${path}${when}`.trim();
}

function stringMatchText({ exact, prefix, regex }: StringMatch): string {
  if (exact !== undefined) return exact;
  if (prefix !== undefined) return `${prefix}*`;
  return regex === undefined ? '' : `regex:${JSON.stringify(regex)}`;
}

/** Labels of an object, as a description compares them. */
export const labelsOf = ({ metadata }: KubeObject): Record<string, string> =>
  stringMapOf(metadata.labels);
