// The roles and bindings every cluster begins with, as a table. Reviewed against what a cluster shows of itself
// (`kubectl get clusterroles -o yaml`) and "Default roles and role bindings" of the Kubernetes documentation.
//
// A rule is a line: verbs, groups, resources and perhaps names, each a list with commas; or a verb and paths.
//   R  get,list,watch      W  create,delete,deletecollection,patch,update      P  patch,update      core  the group ""
//   EVENTS  writing events of either group

import type { Draft } from '../client.ts';

const API_GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${API_GROUP}/v1`;
const BOOTSTRAPPING = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const AUTOUPDATE = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

const EVENTS = 'create,patch,update core,events.k8s.io events';

/** What people are given: by name, the names it goes into, and its rules. */
const aggregated: Readonly<Record<string, { into: string; rules: readonly string[] }>> = {
  'system:aggregate-to-admin': {
    into: 'admin',
    rules: [
      'create authorization.k8s.io localsubjectaccessreviews',
      'create,delete,deletecollection,get,list,patch,update,watch rbac.authorization.k8s.io rolebindings,roles',
    ],
  },
  'system:aggregate-to-edit': {
    into: 'edit',
    rules: [
      'R core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy',
      'impersonate core serviceaccounts',
      'W core pods,pods/attach,pods/exec,pods/portforward,pods/proxy',
      'create core pods/eviction',
      'W core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy',
      'create core serviceaccounts/token',
      'W apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale',
      'W autoscaling horizontalpodautoscalers',
      'W batch cronjobs,jobs',
      'W extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale',
      'W policy poddisruptionbudgets',
      'W networking.k8s.io ingresses,networkpolicies',
      'create,delete,deletecollection,get,list,patch,update,watch coordination.k8s.io leases',
      'W resource.k8s.io resourceclaims,resourceclaimtemplates',
    ],
  },
  'system:aggregate-to-view': {
    into: 'view',
    rules: [
      'R core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status',
      'R core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status',
      'R core namespaces',
      'R discovery.k8s.io endpointslices',
      'R apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status',
      'R autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status',
      'R batch cronjobs,cronjobs/status,jobs,jobs/status',
      'R extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale',
      'R policy poddisruptionbudgets,poddisruptionbudgets/status',
      'R networking.k8s.io ingresses,ingresses/status,networkpolicies',
      'R resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates',
    ],
  },
};

/** Roles made of others: by name, whose parts they gather, and what they go into in turn. */
const gathering: Readonly<Record<string, { from: readonly string[]; into?: string }>> = {
  admin: {
    from: ['system:aggregate-to-admin', 'system:aggregate-to-edit', 'system:aggregate-to-view'],
  },
  edit: { from: ['system:aggregate-to-edit', 'system:aggregate-to-view'], into: 'admin' },
  view: { from: ['system:aggregate-to-view'], into: 'edit' },
};

const approver = (signer: string) => [
  `approve certificates.k8s.io signers kubernetes.io/${signer}`,
];

const system: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['* * *', '* *'],
  'system:auth-delegator': [
    'create authentication.k8s.io tokenreviews',
    'create authorization.k8s.io subjectaccessreviews',
  ],
  'system:basic-user': [
    'create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews',
    'create authentication.k8s.io selfsubjectreviews',
  ],
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient': [
    'create certificates.k8s.io certificatesigningrequests/nodeclient',
  ],
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': [
    'create certificates.k8s.io certificatesigningrequests/selfnodeclient',
  ],
  'system:certificates.k8s.io:kube-apiserver-client-approver': approver('kube-apiserver-client'),
  'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver': approver(
    'kube-apiserver-client-kubelet',
  ),
  'system:certificates.k8s.io:kubelet-serving-approver': approver('kubelet-serving'),
  'system:certificates.k8s.io:legacy-unknown-approver': approver('legacy-unknown'),
  'system:discovery': [
    'get /.well-known,/.well-known/*',
    'get /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/',
  ],
  'system:heapster': ['R core events,namespaces,nodes,pods', 'R extensions deployments'],
  'system:kube-aggregator': ['R core endpoints,services'],
  'system:kube-controller-manager': [
    EVENTS,
    'create coordination.k8s.io leases',
    'get,update coordination.k8s.io leases kube-controller-manager',
    'create core secrets,serviceaccounts',
    'delete core secrets',
    'get core configmaps,namespaces,secrets,serviceaccounts',
    'update core secrets,serviceaccounts',
    'create authentication.k8s.io tokenreviews',
    'create authorization.k8s.io subjectaccessreviews',
    'list,watch * *',
    'create core serviceaccounts/token',
  ],
  'system:kube-dns': ['list,watch core endpoints,services'],
  'system:kube-scheduler': [
    EVENTS,
    'create coordination.k8s.io leases',
    'get,update coordination.k8s.io leases kube-scheduler',
    'R core nodes',
    'delete,get,list,watch core pods',
    'create core bindings,pods/binding',
    'P core pods/status',
    'R core replicationcontrollers,services',
    'R apps,extensions replicasets',
    'R apps statefulsets',
    'R policy poddisruptionbudgets',
    'R core persistentvolumeclaims,persistentvolumes',
    'create authentication.k8s.io tokenreviews',
    'create authorization.k8s.io subjectaccessreviews',
    'R storage.k8s.io csinodes',
    'R core namespaces',
    'R storage.k8s.io csidrivers',
    'R storage.k8s.io csistoragecapacities',
  ],
  'system:kubelet-api-admin': [
    'R core nodes',
    'proxy core nodes',
    '* core nodes/log,nodes/metrics,nodes/proxy,nodes/stats',
  ],
  'system:monitoring': [
    'get /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*',
  ],
  'system:node': [
    'create authentication.k8s.io tokenreviews',
    'create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews',
    'R core services',
    'create,get,list,watch core nodes',
    'P core nodes/status',
    'P core nodes',
    'create,patch,update core events',
    'R core pods',
    'create,delete core pods',
    'P core pods/status',
    'create core pods/eviction',
    'R core configmaps,secrets',
    'get core persistentvolumeclaims,persistentvolumes',
    'get core endpoints',
    'create,get,list,watch certificates.k8s.io certificatesigningrequests',
    'create,delete,get,patch,update coordination.k8s.io leases',
    'get storage.k8s.io volumeattachments',
    'create core serviceaccounts/token',
    'get,patch,update core persistentvolumeclaims/status',
    'R storage.k8s.io csidrivers',
    'create,delete,get,patch,update storage.k8s.io csinodes',
    'R node.k8s.io runtimeclasses',
  ],
  'system:node-bootstrapper': [
    'create,get,list,watch certificates.k8s.io certificatesigningrequests',
  ],
  'system:node-problem-detector': ['get core nodes', 'patch core nodes/status', EVENTS],
  'system:node-proxier': [
    'list,watch core endpoints,services',
    'R core nodes',
    EVENTS,
    'list,watch discovery.k8s.io endpointslices',
    'list,watch networking.k8s.io servicecidrs',
  ],
  'system:persistent-volume-provisioner': [
    'create,delete,get,list,watch core persistentvolumes',
    'get,list,update,watch core persistentvolumeclaims',
    'R storage.k8s.io storageclasses',
    'watch core events',
    EVENTS,
  ],
  'system:public-info-viewer': ['get /healthz,/livez,/readyz,/version,/version/'],
  'system:service-account-issuer-discovery': [
    'get /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/',
  ],
  'system:volume-scheduler': [
    'get,list,patch,update,watch core persistentvolumes',
    'R storage.k8s.io storageclasses',
    'get,list,patch,update,watch core persistentvolumeclaims',
  ],
};

const WORKLOAD = 'create,delete,get,list,patch,update,watch';

/** Roles of controllers, without `system:controller:`; each is bound to the account of its name in kube-system. */
const controllers: Readonly<Record<string, readonly string[]>> = {
  'attachdetach-controller': [
    'list,watch core persistentvolumeclaims,persistentvolumes',
    'R core nodes',
    'P core nodes/status',
    'list,watch core pods',
    EVENTS,
    'create,delete,get,list,watch storage.k8s.io volumeattachments',
    'R storage.k8s.io csidrivers',
    'R storage.k8s.io csinodes',
  ],
  'certificate-controller': [
    'delete,get,list,watch certificates.k8s.io certificatesigningrequests',
    'update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status',
    'approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet',
    'sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown',
    'create authorization.k8s.io subjectaccessreviews',
    EVENTS,
  ],
  'clusterrole-aggregation-controller': [
    'escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles',
  ],
  'cronjob-controller': [
    'get,list,update,watch batch cronjobs',
    `${WORKLOAD} batch jobs`,
    'update batch cronjobs/status',
    'update batch cronjobs/finalizers',
    'delete,list,watch core pods',
    EVENTS,
  ],
  'daemon-set-controller': [
    'R apps,extensions daemonsets',
    'update apps,extensions daemonsets/status',
    'update apps,extensions daemonsets/finalizers',
    'list,watch core nodes',
    'create,delete,list,patch,watch core pods',
    'create core pods/binding',
    `${WORKLOAD} apps controllerrevisions`,
    EVENTS,
  ],
  'deployment-controller': [
    'get,list,update,watch apps,extensions deployments',
    'update apps,extensions deployments/status',
    'update apps,extensions deployments/finalizers',
    `${WORKLOAD} apps,extensions replicasets`,
    'get,list,update,watch core pods',
    EVENTS,
  ],
  'device-taint-eviction-controller': [
    'delete,get,list,watch core pods',
    'P core pods/status',
    'R resource.k8s.io resourceclaims',
    'R resource.k8s.io resourceslices',
    'R resource.k8s.io deviceclasses',
    EVENTS,
  ],
  'disruption-controller': [
    'R apps,extensions deployments',
    'R apps,extensions replicasets',
    'R core replicationcontrollers',
    'R policy poddisruptionbudgets',
    'R apps statefulsets',
    'update policy poddisruptionbudgets/status',
    'P core pods/status',
    'get * */scale',
    EVENTS,
  ],
  'endpoint-controller': [
    'R core pods,services',
    'create,delete,get,list,update,watch core endpoints',
    'create core endpoints/restricted',
    EVENTS,
  ],
  'endpointslice-controller': [
    'R core nodes,pods,services',
    'update core services/finalizers',
    'create,delete,get,list,update,watch discovery.k8s.io endpointslices',
    EVENTS,
  ],
  'endpointslicemirroring-controller': [
    'R core endpoints,services',
    'update core services/finalizers',
    'update core endpoints/finalizers',
    'create,delete,get,list,update,watch discovery.k8s.io endpointslices',
    EVENTS,
  ],
  'ephemeral-volume-controller': [
    'R core pods',
    'update core pods/finalizers',
    'create,get,list,watch core persistentvolumeclaims',
    EVENTS,
  ],
  'expand-controller': [
    'get,list,patch,update,watch core persistentvolumes',
    'P core persistentvolumeclaims/status',
    'R core persistentvolumeclaims',
    EVENTS,
  ],
  'generic-garbage-collector': ['delete,get,list,patch,update,watch * *', EVENTS],
  'horizontal-pod-autoscaler': [
    'R autoscaling horizontalpodautoscalers',
    'update autoscaling horizontalpodautoscalers/status',
    'get,update * */scale',
    'list,watch core pods',
    'list,watch metrics.k8s.io pods',
    'R custom.metrics.k8s.io *',
    'R external.metrics.k8s.io *',
    EVENTS,
  ],
  'job-controller': [
    'get,list,patch,update,watch batch jobs',
    'update batch jobs/status',
    'update batch jobs/finalizers',
    'create,delete,list,patch,watch core pods',
    EVENTS,
  ],
  'legacy-service-account-token-cleaner': [
    'get core configmaps kube-apiserver-legacy-service-account-token-tracking',
    'delete,patch core secrets',
  ],
  'namespace-controller': [
    'delete,get,list,watch core namespaces',
    'update core namespaces/finalize,namespaces/status',
    'delete,deletecollection,get,list,watch * *',
  ],
  'node-controller': [
    'delete,get,list,patch,update,watch core nodes',
    'P core nodes/status',
    'P core pods/status',
    'delete,get,list,watch core pods',
    EVENTS,
  ],
  'persistent-volume-binder': [
    'create,delete,get,list,update,watch core persistentvolumes',
    'update core persistentvolumes/status',
    'get,list,update,watch core persistentvolumeclaims',
    'update core persistentvolumeclaims/status',
    'create,delete,get,list,watch core pods',
    'R storage.k8s.io storageclasses',
    'list,watch core nodes',
    EVENTS,
    'watch core events',
  ],
  'pod-garbage-collector': [
    'delete,list,watch core pods',
    'R core nodes',
    'patch core pods/status',
  ],
  'pv-protection-controller': ['get,list,update,watch core persistentvolumes', EVENTS],
  'pvc-protection-controller': [
    'get,list,update,watch core persistentvolumeclaims',
    'update core persistentvolumeclaims/status',
    'R core pods',
    EVENTS,
  ],
  'replicaset-controller': [
    'get,list,update,watch apps,extensions replicasets',
    'update apps,extensions replicasets/status',
    'update apps,extensions replicasets/finalizers',
    'create,delete,list,patch,watch core pods',
    EVENTS,
  ],
  'replication-controller': [
    'get,list,update,watch core replicationcontrollers',
    'update core replicationcontrollers/status',
    'update core replicationcontrollers/finalizers',
    'create,delete,list,patch,watch core pods',
    EVENTS,
  ],
  'resource-claim-controller': [
    'R core pods',
    'update core pods/finalizers',
    'create,delete,get,list,watch resource.k8s.io resourceclaims',
    'P resource.k8s.io resourceclaims,resourceclaims/status',
    'P core pods/status',
    EVENTS,
    'P resource.k8s.io resourceclaims/binding',
  ],
  'resourcequota-controller': ['list,watch * *', 'update core resourcequotas/status', EVENTS],
  'root-ca-cert-publisher': ['create,update core configmaps', EVENTS],
  'route-controller': ['list,watch core nodes', 'patch core nodes/status', EVENTS],
  'selinux-warning-controller': [
    EVENTS,
    'R core persistentvolumes',
    'R core persistentvolumeclaims',
    'R core pods',
    'R storage.k8s.io csidrivers',
  ],
  'service-account-controller': ['create core serviceaccounts', EVENTS],
  'service-cidrs-controller': [
    'get,list,patch,update,watch networking.k8s.io servicecidrs',
    'P networking.k8s.io servicecidrs/finalizers',
    'P networking.k8s.io servicecidrs/status',
    'R networking.k8s.io ipaddresses',
    EVENTS,
  ],
  'service-controller': [
    'R core services',
    'P core services/status',
    'list,watch core nodes',
    EVENTS,
  ],
  'statefulset-controller': [
    'list,watch core pods',
    'R apps statefulsets',
    'update apps statefulsets/status',
    'update apps statefulsets/finalizers',
    'create,delete,get,patch,update core pods',
    `${WORKLOAD} apps controllerrevisions`,
    'create,get,list,watch core persistentvolumeclaims',
    'delete,update core persistentvolumeclaims',
    'update core pods/finalizers',
    EVENTS,
  ],
  'ttl-after-finished-controller': ['delete,get,list,watch batch jobs', EVENTS],
  'ttl-controller': ['list,patch,update,watch core nodes', EVENTS],
  'validatingadmissionpolicy-status-controller': [
    'R admissionregistration.k8s.io validatingadmissionpolicies',
    'get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status',
    EVENTS,
  ],
  'volumeattributesclass-protection-controller': [
    'R core persistentvolumeclaims',
    'R core persistentvolumes',
    'get,list,update,watch storage.k8s.io volumeattributesclasses',
    EVENTS,
  ],
};

const AUTHENTICATED = 'Group system:authenticated';
const SCHEDULER = 'User system:kube-scheduler';
const CONTROLLER_MANAGER = 'User system:kube-controller-manager';
const account = (name: string) => `ServiceAccount kube-system/${name}`;

/** Who has which of the cluster-wide roles. */
const bindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['Group system:masters'],
  'system:basic-user': [AUTHENTICATED],
  'system:discovery': [AUTHENTICATED],
  'system:kube-controller-manager': [CONTROLLER_MANAGER],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [SCHEDULER],
  'system:monitoring': ['Group system:monitoring'],
  'system:node': [],
  'system:node-proxier': ['User system:kube-proxy'],
  'system:public-info-viewer': [AUTHENTICATED, 'Group system:unauthenticated'],
  'system:service-account-issuer-discovery': ['Group system:serviceaccounts'],
  'system:volume-scheduler': [SCHEDULER],
};

interface NamespacedRole {
  namespace: string;
  rules: readonly string[];
}

const SIGNER = 'system:controller:bootstrap-signer';

const namespaced: readonly (NamespacedRole & { name: string })[] = [
  {
    namespace: 'kube-public',
    name: SIGNER,
    rules: ['R core configmaps', 'update core configmaps cluster-info', EVENTS],
  },
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: ['R core configmaps extension-apiserver-authentication'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    rules: ['watch core configmaps', 'get,update core configmaps kube-controller-manager'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    rules: ['watch core configmaps', 'get,update core configmaps kube-scheduler'],
  },
  { namespace: 'kube-system', name: SIGNER, rules: ['R core secrets'] },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: ['create,get,list,patch,update,watch core configmaps'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: ['delete,get,list,watch core secrets', EVENTS],
  },
];

/** By namespace, binding and role. */
const namespacedBindings: readonly (readonly [string, string, string, readonly string[]])[] = [
  ['kube-public', SIGNER, SIGNER, [account('bootstrap-signer')]],
  [
    'kube-system',
    'system::extension-apiserver-authentication-reader',
    'extension-apiserver-authentication-reader',
    [CONTROLLER_MANAGER, SCHEDULER],
  ],
  [
    'kube-system',
    'system::leader-locking-kube-controller-manager',
    'system::leader-locking-kube-controller-manager',
    [CONTROLLER_MANAGER, account('kube-controller-manager'), account('leader-election-controller')],
  ],
  [
    'kube-system',
    'system::leader-locking-kube-scheduler',
    'system::leader-locking-kube-scheduler',
    [SCHEDULER, account('kube-scheduler')],
  ],
  ['kube-system', SIGNER, SIGNER, [account('bootstrap-signer')]],
  [
    'kube-system',
    'system:controller:cloud-provider',
    'system:controller:cloud-provider',
    [account('cloud-provider')],
  ],
  [
    'kube-system',
    'system:controller:token-cleaner',
    'system:controller:token-cleaner',
    [account('token-cleaner')],
  ],
];

const ALIASES: Readonly<Record<string, string>> = {
  R: 'get,list,watch',
  W: 'create,delete,deletecollection,patch,update',
  P: 'patch,update',
};

function rule(line: string): Record<string, string[]> {
  const [verbWords = '', second = '', resources, names] = line.split(' ');
  const verbs = (ALIASES[verbWords] ?? verbWords).split(',');
  if (resources === undefined) return { nonResourceURLs: second.split(','), verbs };
  return {
    apiGroups: second.split(',').map((group) => (group === 'core' ? '' : group)),
    ...(names === undefined ? {} : { resourceNames: names.split(',') }),
    resources: resources.split(','),
    verbs,
  };
}

function subject(text: string): Record<string, string> {
  const [kind = '', name = ''] = text.split(' ');
  if (kind !== 'ServiceAccount') return { apiGroup: API_GROUP, kind, name };
  const [namespace = '', accountName = ''] = name.split('/');
  return { kind, name: accountName, namespace };
}

function draft(
  kind: string,
  name: string,
  fields: Record<string, unknown>,
  options: { namespace?: string; labels?: Record<string, string> } = {},
): Draft {
  const { namespace, labels } = options;
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...BOOTSTRAPPING, ...labels },
      annotations: AUTOUPDATE,
    },
    ...fields,
  };
}

function binding(
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  name: string,
  role: string,
  subjects: readonly string[],
  namespace?: string,
): Draft {
  const roleKind = kind === 'RoleBinding' ? 'Role' : 'ClusterRole';
  return draft(
    kind,
    name,
    {
      roleRef: { apiGroup: API_GROUP, kind: roleKind, name: role },
      subjects: subjects.map(subject),
    },
    namespace === undefined ? {} : { namespace },
  );
}

const aggregateTo = (role: string) => ({ [`${API_GROUP}/aggregate-to-${role}`]: 'true' });

/** Every object of the policy, roles before their bindings. */
export function bootstrapPolicy(): Draft[] {
  const clusterRole = (name: string, lines: readonly string[], into?: string, selects?: string) =>
    draft(
      'ClusterRole',
      name,
      {
        ...(selects === undefined
          ? {}
          : {
              aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(selects) }] },
            }),
        rules: lines.map(rule),
      },
      into === undefined ? {} : { labels: aggregateTo(into) },
    );
  return [
    ...Object.entries(gathering).map(([name, { from, into }]) =>
      clusterRole(
        name,
        from.flatMap((part) => aggregated[part]?.rules ?? []),
        into,
        name,
      ),
    ),
    ...Object.entries(aggregated).map(([name, { into, rules }]) => clusterRole(name, rules, into)),
    ...Object.entries(system).map(([name, rules]) => clusterRole(name, rules)),
    ...Object.entries(controllers).map(([name, rules]) =>
      clusterRole(`system:controller:${name}`, rules),
    ),
    ...Object.entries(bindings).map(([name, subjects]) =>
      binding('ClusterRoleBinding', name, name, subjects),
    ),
    ...Object.keys(controllers).map((name) => {
      const role = `system:controller:${name}`;
      return binding('ClusterRoleBinding', role, role, [account(name)]);
    }),
    ...namespaced.map(({ namespace, name, rules }) =>
      draft('Role', name, { rules: rules.map(rule) }, { namespace }),
    ),
    ...namespacedBindings.map(([namespace, name, role, subjects]) =>
      binding('RoleBinding', name, role, subjects, namespace),
    ),
  ];
}
