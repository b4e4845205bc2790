// The two containers of a sidecar: istio-init (istio-validation with CNI), which redirects the pod's traffic, and istio-proxy.
// Source: facts of the injection template of Istio 1.30.3; annotations of "Resource Annotations" of its reference.

import { type Fields, fieldsOf, isFields, listOf, stringOf } from '../../schema/fields.ts';
import { formatQuantity, parseQuantity } from '../../schema/quantity.ts';
import { parseYaml } from '../../schema/yaml.ts';
import { type InjectionSettings, PORTS, PROXY_USER } from './settings.ts';
import type { Workload } from './workload.ts';

export interface SidecarOf {
  settings: InjectionSettings;
  annotations: Record<string, string>;
  workload: Workload;
  /** The app's containers. */
  containers: Fields[];
  native: boolean;
  /** What else the sidecar is told; last in its environment. */
  told: Fields[];
}

const IMAGE = 'sidecar.istio.io/proxyImage';
const STATUS_PORT = 'status.sidecar.istio.io/port';

export function statusPort(annotations: Record<string, string>): string {
  return annotations[STATUS_PORT] ?? String(PORTS.status);
}

export function interceptionMode(annotations: Record<string, string>): string {
  return annotations['sidecar.istio.io/interceptionMode'] ?? 'REDIRECT';
}

export function initContainer({ settings, annotations }: SidecarOf): Fields {
  const traffic = (name: string, otherwise: string) =>
    annotations[`traffic.sidecar.istio.io/${name}`] ?? otherwise;
  const args = [
    'istio-iptables',
    '-p',
    String(PORTS.outbound),
    '-z',
    String(PORTS.inbound),
    '-u',
    String(PROXY_USER),
    '-m',
    interceptionMode(annotations),
    '-i',
    traffic('includeOutboundIPRanges', settings.includeIpRanges),
    '-x',
    traffic('excludeOutboundIPRanges', settings.excludeIpRanges),
    '-b',
    traffic('includeInboundPorts', settings.includeInboundPorts),
    '-d',
    excludedPorts(annotations, traffic('excludeInboundPorts', settings.excludeInboundPorts)),
  ];
  const option = (flag: string, name: string, otherwise: string) => {
    const value = traffic(name, otherwise);
    if (value !== '') args.push(flag, value);
  };
  option('-q', 'includeOutboundPorts', settings.includeOutboundPorts);
  option('-o', 'excludeOutboundPorts', settings.excludeOutboundPorts);
  option('-c', 'excludeInterfaces', '');
  args.push(
    `--log_output_level=${annotations['sidecar.istio.io/agentLogLevel'] ?? settings.agentLogLevel}`,
  );
  if (settings.cni) args.push('--run-validation', '--skip-rule-apply');
  return {
    name: settings.cni ? 'istio-validation' : 'istio-init',
    image: annotations[IMAGE] ?? settings.image,
    args,
    resources: resourcesOf(settings, annotations),
    securityContext: settings.cni
      ? { ...unprivileged, readOnlyRootFilesystem: true, ...asProxy }
      : {
          ...unprivileged,
          capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
          readOnlyRootFilesystem: false,
          runAsGroup: 0,
          runAsNonRoot: false,
          runAsUser: 0,
        },
  };
}

const unprivileged = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
};

const asProxy = { runAsGroup: PROXY_USER, runAsNonRoot: true, runAsUser: PROXY_USER };

/** The sidecar's own ports never come back to it. */
function excludedPorts(annotations: Record<string, string>, excluded: string): string {
  const own = statusPort(annotations);
  const ports = excluded
    .split(',')
    .map((port) => port.trim())
    .filter((port) => port !== '');
  if (own !== '0' && !ports.includes(own)) ports.push(own);
  return [PORTS.prometheus, PORTS.health, ...ports].join(',');
}

function resourcesOf(settings: InjectionSettings, annotations: Record<string, string>): Fields {
  const own = (field: string) => annotations[`sidecar.istio.io/${field}`];
  const amounts = (cpu: string | undefined, memory: string | undefined) => ({
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
  });
  const requests = amounts(own('proxyCPU'), own('proxyMemory'));
  const limits = amounts(own('proxyCPULimit'), own('proxyMemoryLimit'));
  const [asks, caps] = [Object.keys(requests).length > 0, Object.keys(limits).length > 0];
  const { resources } = settings;
  const chosen = asks || caps ? { ...(asks && { requests }), ...(caps && { limits }) } : resources;
  return Object.fromEntries(
    Object.entries(chosen).map(([field, amountsOf]) => [field, canonical(amountsOf)]),
  );
}

/** As the API writes amounts: `2000m` is `2`. A text that is no amount is left for the API to refuse. */
function canonical(amounts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, text]) => {
      const quantity = parseQuantity(text);
      return [name, 'error' in quantity ? text : formatQuantity(quantity)];
    }),
  );
}

export function proxyContainer(of: SidecarOf): Fields {
  const { settings, annotations, native } = of;
  const annotated = (name: string, otherwise: string) =>
    annotations[`sidecar.istio.io/${name}`] ?? otherwise;
  return {
    name: 'istio-proxy',
    image: annotations[IMAGE] ?? settings.image,
    ...(native ? { restartPolicy: 'Always' } : {}),
    ports: [{ containerPort: PORTS.prometheus, protocol: 'TCP', name: 'http-envoy-prom' }],
    args: [
      'proxy',
      'sidecar',
      '--domain',
      `$(POD_NAMESPACE).svc.${settings.clusterDomain}`,
      `--proxyLogLevel=${annotated('logLevel', settings.logLevel)}`,
      `--proxyComponentLogLevel=${annotated('componentLogLevel', settings.componentLogLevel)}`,
      `--log_output_level=${annotated('agentLogLevel', settings.agentLogLevel)}`,
    ],
    ...lifecycle(of),
    env: environment(of),
    ...(statusPort(annotations) === '0' ? {} : probes(annotations)),
    securityContext: { ...unprivileged, readOnlyRootFilesystem: true, ...asProxy },
    resources: resourcesOf(settings, annotations),
    volumeMounts: [
      { name: 'workload-socket', mountPath: '/var/run/secrets/workload-spiffe-uds' },
      { name: 'credential-socket', mountPath: '/var/run/secrets/credential-uds' },
      { name: 'workload-certs', mountPath: '/var/run/secrets/workload-spiffe-credentials' },
      { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
      { name: 'istio-ca-crl', mountPath: '/var/run/secrets/istio/crl' },
      { name: 'istio-data', mountPath: '/var/lib/istio/data' },
      { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
      { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
      { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
    ],
  };
}

export function holdsApplication({
  settings,
  annotations,
  native,
}: Omit<SidecarOf, 'told'>): boolean {
  const hold = proxyConfigOf(settings, annotations)['holdApplicationUntilProxyStarts'];
  return !native && (hold === true || settings.holdApplicationUntilProxyStarts);
}

function lifecycle(of: SidecarOf): Fields {
  const exec = (command: string[]) => ({ exec: { command } });
  if (holdsApplication(of)) return { lifecycle: { postStart: exec(['pilot-agent', 'wait']) } };
  if (!of.native) return {};
  const port = `--debug-port=${statusPort(of.annotations)}`;
  return { lifecycle: { preStop: exec(['pilot-agent', 'request', port, 'POST', 'drain']) } };
}

/** Ten minutes to come up, then a look every fifteen seconds. */
function probes(annotations: Record<string, string>): Fields {
  const number = (name: string, otherwise: number) => {
    const given = annotations[`readiness.status.sidecar.istio.io/${name}`];
    return given !== undefined && /^\d+$/.test(given) ? Number(given) : otherwise;
  };
  const httpGet = { path: '/healthz/ready', port: PORTS.health };
  const initialDelaySeconds = number('initialDelaySeconds', 0);
  return {
    startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 },
    readinessProbe: {
      httpGet,
      ...(initialDelaySeconds === 0 ? {} : { initialDelaySeconds }),
      periodSeconds: number('periodSeconds', 15),
      timeoutSeconds: 3,
      failureThreshold: number('failureThreshold', 4),
    },
  };
}

/** What the mesh says of its proxies, and what the pod changes of it. Text that is no YAML changes nothing. */
function proxyConfigOf(
  { proxyConfig }: InjectionSettings,
  annotations: Record<string, string>,
): Fields {
  const parsed = parseYaml(annotations['proxy.istio.io/config'] ?? '{}');
  const own = 'error' in parsed || !isFields(parsed.value) ? {} : parsed.value;
  const metadata = { ...fieldsOf(proxyConfig['proxyMetadata']), ...fieldsOf(own['proxyMetadata']) };
  return {
    ...proxyConfig,
    ...own,
    ...(Object.keys(metadata).length > 0 && { proxyMetadata: metadata }),
  };
}

function environment({ settings, annotations, workload, containers, told }: SidecarOf): Fields[] {
  const text = (name: string, value: string) => ({ name, value });
  const field = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const limit = (name: string, resource: string) => ({
    name,
    valueFrom: { resourceFieldRef: { resource, divisor: '1' } },
  });
  const { apiVersion, kind, name, namespace } = workload;
  const proxyConfig = proxyConfigOf(settings, annotations);
  const metadata = proxyConfig['proxyMetadata'];
  return [
    text('PILOT_CERT_PROVIDER', 'istiod'),
    text('CA_ADDR', `${settings.discoveryService}.${settings.systemNamespace}.svc:15012`),
    field('POD_NAME', 'metadata.name'),
    field('POD_NAMESPACE', 'metadata.namespace'),
    field('INSTANCE_IP', 'status.podIP'),
    field('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
    field('HOST_IP', 'status.hostIP'),
    limit('ISTIO_CPU_LIMIT', 'limits.cpu'),
    text('PROXY_CONFIG', `${JSON.stringify(proxyConfig)}\n`),
    text('ISTIO_META_POD_PORTS', podPorts(containers)),
    text(
      'ISTIO_META_APP_CONTAINERS',
      containers.map((container) => stringOf(container['name'])).join(','),
    ),
    limit('GOMEMLIMIT', 'limits.memory'),
    limit('GOMAXPROCS', 'limits.cpu'),
    text('ISTIO_META_CLUSTER_ID', settings.clusterName),
    field('ISTIO_META_NODE_NAME', 'spec.nodeName'),
    text('ISTIO_META_INTERCEPTION_MODE', interceptionMode(annotations)),
    // A template that is injected by hand has no name yet.
    ...(name === ''
      ? []
      : [
          text('ISTIO_META_WORKLOAD_NAME', name),
          text(
            'ISTIO_META_OWNER',
            `kubernetes://apis/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`,
          ),
        ]),
    text('ISTIO_META_MESH_ID', settings.trustDomain),
    text('TRUST_DOMAIN', settings.trustDomain),
    ...Object.entries(isFields(metadata) ? metadata : {})
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => text(key, String(value))),
    ...told,
  ];
}

/** A list in JSON, one port a line, each line after the first with its comma before it. */
function podPorts(containers: Fields[]): string {
  const ports = containers
    .flatMap((container) => listOf(container['ports']))
    .map((port) => {
      const { name, hostPort, containerPort, protocol, hostIP } = port;
      return JSON.stringify({ name, hostPort, containerPort, protocol, hostIP });
    });
  const lines = ports.map((port, index) => `    ${index === 0 ? '' : ','}${port}\n`);
  return `[\n${lines.join('')}]`;
}
