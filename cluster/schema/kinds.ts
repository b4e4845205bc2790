// The built-in kinds of a Kubernetes 1.36 API server, as discovery lists them: groups in order of priority, names, verbs,
// subresources. Knows no schemas and no behaviour.
// Source: the API groups and resources of the public Kubernetes API reference 1.36, as `kubectl api-resources -o wide` prints them.

import type { SubresourceDefinition } from './resource.ts';

export interface BuiltInKind {
  group: string;
  /** In order of preference; the first is also the stored one. */
  versions: readonly string[];
  resource: string;
  singular: string;
  kind: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly SubresourceDefinition[];
  /** Answered by the API itself: nothing of the kind is ever stored. */
  virtual: boolean;
  /** A deletion answers with the object; for other kinds with a Status. */
  returnsDeleted: boolean;
  /** Some controller or the API machinery itself acts on the kind. */
  simulated: boolean;
}

interface Row {
  singular?: string;
  short?: string[];
  categories?: string[];
  verbs?: readonly string[];
  sub?: SubresourceDefinition[];
  virtual?: boolean;
  simulated?: boolean;
}

const STORED = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const CREATE = ['create'];
const STATUS_VERBS = ['get', 'patch', 'update'];
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];
const ALL = ['all'];
const EXTENSIONS = ['api-extensions'];

const status = (kind: string): SubresourceDefinition => ({
  name: 'status',
  kind,
  verbs: STATUS_VERBS,
});
const scale: SubresourceDefinition = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: STATUS_VERBS,
};
const stream = (name: string, kind: string): SubresourceDefinition => ({
  name,
  kind,
  verbs: ['create', 'get'],
});
const proxy = (kind: string): SubresourceDefinition => ({
  name: 'proxy',
  kind,
  verbs: PROXY_VERBS,
});

/** Source: the answers of the delete operations in the API reference. */
const RETURN_DELETED = new Set([
  'csidrivers',
  'csinodes',
  'deviceclasses',
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourceclaims',
  'resourceclaimtemplates',
  'resourcequotas',
  'resourceslices',
  'serviceaccounts',
  'services',
  'storageclasses',
  'volumeattachments',
  'volumeattributesclasses',
]);

const kinds: BuiltInKind[] = [];
let currentGroup = '';
let currentVersions: readonly string[] = [];

function group(name: string, versions: string[], rows: () => void): void {
  currentGroup = name;
  currentVersions = versions;
  rows();
}

function add(resource: string, kind: string, namespaced: boolean, row: Row): void {
  kinds.push({
    group: currentGroup,
    versions: currentVersions,
    resource,
    singular: row.singular ?? kind.toLowerCase(),
    kind,
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    namespaced,
    verbs: row.verbs ?? STORED,
    subresources: row.sub ?? [],
    virtual: row.virtual ?? false,
    returnsDeleted: RETURN_DELETED.has(resource),
    simulated: row.simulated ?? false,
  });
}

const namespaced = (resource: string, kind: string, row: Row = {}) =>
  add(resource, kind, true, row);
const clusterWide = (resource: string, kind: string, row: Row = {}) =>
  add(resource, kind, false, row);

const real = true;

group('', ['v1'], () => {
  namespaced('bindings', 'Binding', { verbs: CREATE, virtual: true, simulated: real });
  clusterWide('componentstatuses', 'ComponentStatus', {
    short: ['cs'],
    verbs: ['get', 'list'],
    virtual: true,
    simulated: real,
  });
  namespaced('configmaps', 'ConfigMap', { short: ['cm'], simulated: real });
  namespaced('endpoints', 'Endpoints', { short: ['ep'], simulated: real });
  namespaced('events', 'Event', { short: ['ev'], simulated: real });
  namespaced('limitranges', 'LimitRange', { short: ['limits'] });
  clusterWide('namespaces', 'Namespace', {
    short: ['ns'],
    verbs: STORED.filter((verb) => verb !== 'deletecollection'),
    sub: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, status('Namespace')],
    simulated: real,
  });
  clusterWide('nodes', 'Node', {
    short: ['no'],
    sub: [proxy('NodeProxyOptions'), status('Node')],
    simulated: real,
  });
  namespaced('persistentvolumeclaims', 'PersistentVolumeClaim', {
    short: ['pvc'],
    sub: [status('PersistentVolumeClaim')],
  });
  clusterWide('persistentvolumes', 'PersistentVolume', {
    short: ['pv'],
    sub: [status('PersistentVolume')],
  });
  namespaced('pods', 'Pod', {
    short: ['po'],
    categories: ALL,
    sub: [
      stream('attach', 'PodAttachOptions'),
      { name: 'binding', kind: 'Binding', verbs: CREATE },
      { name: 'ephemeralcontainers', kind: 'Pod', verbs: STATUS_VERBS },
      { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: CREATE },
      stream('exec', 'PodExecOptions'),
      { name: 'log', kind: 'Pod', verbs: ['get'] },
      stream('portforward', 'PodPortForwardOptions'),
      proxy('PodProxyOptions'),
      { name: 'resize', kind: 'Pod', verbs: STATUS_VERBS },
      status('Pod'),
    ],
    simulated: real,
  });
  namespaced('podtemplates', 'PodTemplate');
  namespaced('replicationcontrollers', 'ReplicationController', {
    short: ['rc'],
    categories: ALL,
    sub: [scale, status('ReplicationController')],
  });
  namespaced('resourcequotas', 'ResourceQuota', {
    short: ['quota'],
    sub: [status('ResourceQuota')],
  });
  namespaced('secrets', 'Secret', { simulated: real });
  namespaced('serviceaccounts', 'ServiceAccount', {
    short: ['sa'],
    sub: [
      {
        name: 'token',
        kind: 'TokenRequest',
        group: 'authentication.k8s.io',
        version: 'v1',
        verbs: CREATE,
      },
    ],
    simulated: real,
  });
  namespaced('services', 'Service', {
    short: ['svc'],
    categories: ALL,
    sub: [proxy('ServiceProxyOptions'), status('Service')],
    simulated: real,
  });
});

group('apiregistration.k8s.io', ['v1'], () => {
  clusterWide('apiservices', 'APIService', {
    categories: EXTENSIONS,
    sub: [status('APIService')],
    simulated: real,
  });
});

group('apps', ['v1'], () => {
  namespaced('controllerrevisions', 'ControllerRevision');
  namespaced('daemonsets', 'DaemonSet', {
    short: ['ds'],
    categories: ALL,
    sub: [status('DaemonSet')],
  });
  namespaced('deployments', 'Deployment', {
    short: ['deploy'],
    categories: ALL,
    sub: [scale, status('Deployment')],
    simulated: real,
  });
  namespaced('replicasets', 'ReplicaSet', {
    short: ['rs'],
    categories: ALL,
    sub: [scale, status('ReplicaSet')],
    simulated: real,
  });
  namespaced('statefulsets', 'StatefulSet', {
    short: ['sts'],
    categories: ALL,
    sub: [scale, status('StatefulSet')],
  });
});

group('events.k8s.io', ['v1'], () => {
  namespaced('events', 'Event', { short: ['ev'], simulated: real });
});

group('authentication.k8s.io', ['v1'], () => {
  clusterWide('selfsubjectreviews', 'SelfSubjectReview', {
    verbs: CREATE,
    virtual: true,
    simulated: real,
  });
  clusterWide('tokenreviews', 'TokenReview', { verbs: CREATE, virtual: true, simulated: real });
});

group('authorization.k8s.io', ['v1'], () => {
  const review: Row = { verbs: CREATE, virtual: true, simulated: real };
  namespaced('localsubjectaccessreviews', 'LocalSubjectAccessReview', review);
  clusterWide('selfsubjectaccessreviews', 'SelfSubjectAccessReview', review);
  clusterWide('selfsubjectrulesreviews', 'SelfSubjectRulesReview', review);
  clusterWide('subjectaccessreviews', 'SubjectAccessReview', review);
});

group('autoscaling', ['v2', 'v1'], () => {
  namespaced('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    short: ['hpa'],
    categories: ALL,
    sub: [status('HorizontalPodAutoscaler')],
  });
});

group('batch', ['v1'], () => {
  namespaced('cronjobs', 'CronJob', { short: ['cj'], categories: ALL, sub: [status('CronJob')] });
  namespaced('jobs', 'Job', { categories: ALL, sub: [status('Job')], simulated: real });
});

group('certificates.k8s.io', ['v1'], () => {
  clusterWide('certificatesigningrequests', 'CertificateSigningRequest', {
    short: ['csr'],
    sub: [
      { name: 'approval', kind: 'CertificateSigningRequest', verbs: STATUS_VERBS },
      status('CertificateSigningRequest'),
    ],
  });
});

group('networking.k8s.io', ['v1'], () => {
  clusterWide('ingressclasses', 'IngressClass');
  namespaced('ingresses', 'Ingress', { short: ['ing'], sub: [status('Ingress')] });
  clusterWide('ipaddresses', 'IPAddress', { short: ['ip'] });
  namespaced('networkpolicies', 'NetworkPolicy', { short: ['netpol'] });
  clusterWide('servicecidrs', 'ServiceCIDR', { sub: [status('ServiceCIDR')] });
});

group('policy', ['v1'], () => {
  namespaced('poddisruptionbudgets', 'PodDisruptionBudget', {
    short: ['pdb'],
    sub: [status('PodDisruptionBudget')],
  });
});

group('rbac.authorization.k8s.io', ['v1'], () => {
  clusterWide('clusterrolebindings', 'ClusterRoleBinding', { simulated: real });
  clusterWide('clusterroles', 'ClusterRole', { simulated: real });
  namespaced('rolebindings', 'RoleBinding', { simulated: real });
  namespaced('roles', 'Role', { simulated: real });
});

group('storage.k8s.io', ['v1'], () => {
  clusterWide('csidrivers', 'CSIDriver');
  clusterWide('csinodes', 'CSINode');
  namespaced('csistoragecapacities', 'CSIStorageCapacity');
  clusterWide('storageclasses', 'StorageClass', { short: ['sc'] });
  clusterWide('volumeattachments', 'VolumeAttachment', { sub: [status('VolumeAttachment')] });
  clusterWide('volumeattributesclasses', 'VolumeAttributesClass', { short: ['vac'] });
});

group('admissionregistration.k8s.io', ['v1'], () => {
  const extension: Row = { categories: EXTENSIONS };
  clusterWide('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', extension);
  clusterWide('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', extension);
  clusterWide('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', {
    ...extension,
    simulated: real,
  });
  clusterWide('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
    ...extension,
    sub: [status('ValidatingAdmissionPolicy')],
  });
  clusterWide('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', extension);
  clusterWide('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', {
    ...extension,
    simulated: real,
  });
});

group('apiextensions.k8s.io', ['v1'], () => {
  clusterWide('customresourcedefinitions', 'CustomResourceDefinition', {
    short: ['crd', 'crds'],
    categories: EXTENSIONS,
    sub: [status('CustomResourceDefinition')],
    simulated: real,
  });
});

group('scheduling.k8s.io', ['v1'], () => {
  clusterWide('priorityclasses', 'PriorityClass', { short: ['pc'], simulated: real });
});

group('coordination.k8s.io', ['v1'], () => {
  namespaced('leases', 'Lease', { simulated: real });
});

group('node.k8s.io', ['v1'], () => {
  clusterWide('runtimeclasses', 'RuntimeClass');
});

group('discovery.k8s.io', ['v1'], () => {
  namespaced('endpointslices', 'EndpointSlice', { simulated: real });
});

group('resource.k8s.io', ['v1'], () => {
  clusterWide('deviceclasses', 'DeviceClass');
  namespaced('resourceclaims', 'ResourceClaim', { sub: [status('ResourceClaim')] });
  namespaced('resourceclaimtemplates', 'ResourceClaimTemplate');
  clusterWide('resourceslices', 'ResourceSlice');
});

group('flowcontrol.apiserver.k8s.io', ['v1'], () => {
  clusterWide('flowschemas', 'FlowSchema', { sub: [status('FlowSchema')] });
  clusterWide('prioritylevelconfigurations', 'PriorityLevelConfiguration', {
    sub: [status('PriorityLevelConfiguration')],
  });
});

// Served by metrics-server on a real cluster and by the API itself here, so that `kubectl top` works.
group('metrics.k8s.io', ['v1beta1'], () => {
  const reading: Row = { verbs: ['get', 'list'], virtual: true, simulated: real, singular: '' };
  clusterWide('nodes', 'NodeMetrics', reading);
  namespaced('pods', 'PodMetrics', reading);
});

/** In order of discovery. */
export function builtInKinds(): readonly BuiltInKind[] {
  return kinds;
}
