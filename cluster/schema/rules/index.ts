// Which rules belong to which kind. Kinds without rules of their own have the metadata rules that all share.

import type { GroupResource } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import * as access from './access.ts';
import * as configuration from './configuration.ts';
import { customResourceDefinition } from './crd.ts';
import { pod } from './pod.ts';
import * as services from './services.ts';
import * as workloads from './workloads.ts';

const rules: Readonly<Record<GroupResource, KindRules>> = {
  configmaps: configuration.configMap,
  endpoints: services.endpoints,
  events: configuration.event,
  limitranges: configuration.limitRange,
  namespaces: configuration.namespace,
  nodes: configuration.node,
  persistentvolumeclaims: configuration.persistentVolumeClaim,
  persistentvolumes: configuration.persistentVolume,
  pods: pod,
  podtemplates: workloads.podTemplate,
  replicationcontrollers: workloads.replicationController,
  secrets: configuration.secret,
  serviceaccounts: configuration.serviceAccount,
  services: services.service,
  'apiservices.apiregistration.k8s.io': access.apiService,
  'daemonsets.apps': workloads.daemonSet,
  'deployments.apps': workloads.deployment,
  'replicasets.apps': workloads.replicaSet,
  'statefulsets.apps': workloads.statefulSet,
  'events.events.k8s.io': configuration.event,
  'horizontalpodautoscalers.autoscaling': workloads.horizontalPodAutoscaler,
  'cronjobs.batch': workloads.cronJob,
  'jobs.batch': workloads.job,
  'ingressclasses.networking.k8s.io': services.ingressClass,
  'ingresses.networking.k8s.io': services.ingress,
  'networkpolicies.networking.k8s.io': services.networkPolicy,
  'poddisruptionbudgets.policy': workloads.podDisruptionBudget,
  'clusterrolebindings.rbac.authorization.k8s.io': access.clusterRoleBinding,
  'clusterroles.rbac.authorization.k8s.io': access.clusterRole,
  'rolebindings.rbac.authorization.k8s.io': access.roleBinding,
  'roles.rbac.authorization.k8s.io': access.role,
  'csidrivers.storage.k8s.io': configuration.csiDriver,
  'storageclasses.storage.k8s.io': configuration.storageClass,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': access.mutatingWebhooks,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': access.validatingWebhooks,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinition,
  'priorityclasses.scheduling.k8s.io': workloads.priorityClass,
  'leases.coordination.k8s.io': configuration.lease,
  'endpointslices.discovery.k8s.io': services.endpointSlice,
};

export function rulesOf(resource: GroupResource): KindRules {
  return rules[resource] ?? {};
}
