// Which kinds Istio 1.30 has, and what a declaration cannot say of them: groups, versions, names, columns, labels.
// Source: the `+cue-gen` markers of the messages in istio/api at 1.30.3, and the reference pages of istio.io.

export interface IstioKind {
  group: string;
  kind: string;
  plural: string;
  shortNames?: readonly string[];
  /** All are served. The first one is stored. */
  versions: readonly string[];
  columns?: readonly Column[];
  /** The label `istio` of the definition. */
  part?: string;
}

/** A column beside the name. Its description is the field's own unless it has one here. */
export interface Column {
  name: string;
  path: string;
  /** Ours, where the field's description does not serve. */
  description?: string;
}

const AGE: Column = { name: 'Age', path: '.metadata.creationTimestamp' };
const NETWORKING = ['v1', 'v1alpha3', 'v1beta1'];
const SECURITY = ['v1', 'v1beta1'];

export const istioKinds: readonly IstioKind[] = [
  {
    group: 'extensions.istio.io',
    kind: 'TrafficExtension',
    plural: 'trafficextensions',
    versions: ['v1alpha1'],
    columns: [AGE],
  },
  {
    group: 'extensions.istio.io',
    kind: 'WasmPlugin',
    plural: 'wasmplugins',
    versions: ['v1alpha1'],
    columns: [AGE],
  },
  {
    group: 'networking.istio.io',
    kind: 'DestinationRule',
    plural: 'destinationrules',
    shortNames: ['dr'],
    versions: NETWORKING,
    columns: [{ name: 'Host', path: '.spec.host' }, AGE],
  },
  {
    group: 'networking.istio.io',
    kind: 'EnvoyFilter',
    plural: 'envoyfilters',
    versions: ['v1alpha3'],
  },
  {
    group: 'networking.istio.io',
    kind: 'Gateway',
    plural: 'gateways',
    shortNames: ['gw'],
    versions: NETWORKING,
  },
  {
    group: 'networking.istio.io',
    kind: 'ProxyConfig',
    plural: 'proxyconfigs',
    versions: ['v1beta1'],
  },
  {
    group: 'networking.istio.io',
    kind: 'ServiceEntry',
    plural: 'serviceentries',
    shortNames: ['se'],
    versions: NETWORKING,
    columns: [
      { name: 'Hosts', path: '.spec.hosts' },
      {
        name: 'Location',
        path: '.spec.location',
        description:
          'Whether the service is external to the mesh or part of the mesh (MESH_EXTERNAL or MESH_INTERNAL)',
      },
      {
        name: 'Resolution',
        path: '.spec.resolution',
        description: 'Service resolution mode for the hosts (NONE, STATIC, or DNS)',
      },
      AGE,
    ],
  },
  { group: 'networking.istio.io', kind: 'Sidecar', plural: 'sidecars', versions: NETWORKING },
  {
    group: 'networking.istio.io',
    kind: 'VirtualService',
    plural: 'virtualservices',
    shortNames: ['vs'],
    versions: NETWORKING,
    columns: [
      { name: 'Gateways', path: '.spec.gateways' },
      { name: 'Hosts', path: '.spec.hosts' },
      AGE,
    ],
  },
  {
    group: 'networking.istio.io',
    kind: 'WorkloadEntry',
    plural: 'workloadentries',
    shortNames: ['we'],
    versions: NETWORKING,
    columns: [
      AGE,
      {
        name: 'Address',
        path: '.spec.address',
        description: 'Address associated with the network endpoint.',
      },
    ],
  },
  {
    group: 'networking.istio.io',
    kind: 'WorkloadGroup',
    plural: 'workloadgroups',
    shortNames: ['wg'],
    versions: NETWORKING,
    columns: [AGE],
  },
  {
    group: 'security.istio.io',
    kind: 'AuthorizationPolicy',
    plural: 'authorizationpolicies',
    shortNames: ['ap'],
    versions: SECURITY,
    columns: [{ name: 'Action', path: '.spec.action', description: 'The operation to take.' }, AGE],
    part: 'security',
  },
  {
    group: 'security.istio.io',
    kind: 'PeerAuthentication',
    plural: 'peerauthentications',
    shortNames: ['pa'],
    versions: SECURITY,
    columns: [
      {
        name: 'Mode',
        path: '.spec.mtls.mode',
        description: 'Defines the mTLS mode used for peer authentication.',
      },
      AGE,
    ],
    part: 'security',
  },
  {
    group: 'security.istio.io',
    kind: 'RequestAuthentication',
    plural: 'requestauthentications',
    shortNames: ['ra'],
    versions: SECURITY,
    part: 'security',
  },
  {
    group: 'telemetry.istio.io',
    kind: 'Telemetry',
    plural: 'telemetries',
    shortNames: ['telemetry'],
    versions: ['v1alpha1', 'v1'],
    columns: [AGE],
    part: 'telemetry',
  },
];
