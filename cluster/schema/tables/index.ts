// Which columns belong to which kind. Kinds without a printer of their own show their name and when they were created.

import type { SchemaBundle } from '../bundle.ts';
import type { GroupResource, TableDefinition } from '../resource.ts';
import * as access from './access.ts';
import { column, nameColumn, type Printer } from './columns.ts';
import * as configuration from './configuration.ts';
import { events } from './events.ts';
import * as networking from './networking.ts';
import * as nodes from './nodes.ts';
import { pods } from './pods.ts';
import * as workloads from './workloads.ts';

const printers: Readonly<Record<GroupResource, Printer>> = {
  componentstatuses: nodes.componentStatuses,
  configmaps: configuration.configMaps,
  endpoints: networking.endpoints,
  events,
  namespaces: nodes.namespaces,
  nodes: nodes.nodes,
  persistentvolumeclaims: configuration.persistentVolumeClaims,
  persistentvolumes: configuration.persistentVolumes,
  pods,
  podtemplates: workloads.podTemplates,
  replicationcontrollers: workloads.replicationControllers,
  resourcequotas: configuration.resourceQuotas,
  secrets: configuration.secrets,
  serviceaccounts: configuration.serviceAccounts,
  services: networking.services,
  'apiservices.apiregistration.k8s.io': access.apiServices,
  'controllerrevisions.apps': workloads.controllerRevisions,
  'daemonsets.apps': workloads.daemonSets,
  'deployments.apps': workloads.deployments,
  'replicasets.apps': workloads.replicaSets,
  'statefulsets.apps': workloads.statefulSets,
  'events.events.k8s.io': events,
  'horizontalpodautoscalers.autoscaling': workloads.horizontalPodAutoscalers,
  'cronjobs.batch': workloads.cronJobs,
  'jobs.batch': workloads.jobs,
  'certificatesigningrequests.certificates.k8s.io': access.certificateSigningRequests,
  'ingressclasses.networking.k8s.io': networking.ingressClasses,
  'ingresses.networking.k8s.io': networking.ingresses,
  'ipaddresses.networking.k8s.io': networking.ipAddresses,
  'networkpolicies.networking.k8s.io': networking.networkPolicies,
  'servicecidrs.networking.k8s.io': networking.serviceCIDRs,
  'poddisruptionbudgets.policy': workloads.podDisruptionBudgets,
  'clusterrolebindings.rbac.authorization.k8s.io': access.clusterRoleBindings,
  'rolebindings.rbac.authorization.k8s.io': access.roleBindings,
  'csidrivers.storage.k8s.io': configuration.csiDrivers,
  'csinodes.storage.k8s.io': configuration.csiNodes,
  'csistoragecapacities.storage.k8s.io': configuration.csiStorageCapacities,
  'storageclasses.storage.k8s.io': configuration.storageClasses,
  'volumeattachments.storage.k8s.io': configuration.volumeAttachments,
  'volumeattributesclasses.storage.k8s.io': configuration.volumeAttributesClasses,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': access.mutatingAdmissionPolicies,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': access.admissionPolicyBindings,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': access.webhookConfigurations,
  'validatingadmissionpolicies.admissionregistration.k8s.io': access.validatingAdmissionPolicies,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': access.admissionPolicyBindings,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': access.webhookConfigurations,
  'priorityclasses.scheduling.k8s.io': configuration.priorityClasses,
  'leases.coordination.k8s.io': access.leases,
  'runtimeclasses.node.k8s.io': configuration.runtimeClasses,
  'endpointslices.discovery.k8s.io': networking.endpointSlices,
  'deviceclasses.resource.k8s.io': access.named,
  'resourceclaims.resource.k8s.io': access.resourceClaims,
  'resourceclaimtemplates.resource.k8s.io': access.named,
  'resourceslices.resource.k8s.io': access.resourceSlices,
  'flowschemas.flowcontrol.apiserver.k8s.io': access.flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': access.priorityLevelConfigurations,
};

/** What the API server itself prints for a kind that has no printer. */
const unprinted: Printer = {
  columns: [nameColumn, column('Created At', 'date', '@meta.v1.ObjectMeta.creationTimestamp')],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
};

/** A kind's table with its descriptions filled in. */
export function tableFor(resource: GroupResource, bundle: SchemaBundle): TableDefinition {
  return described(printers[resource] ?? unprinted, bundle.columns);
}

export function described(
  printer: Printer,
  descriptions: Readonly<Record<string, string>>,
): TableDefinition {
  const columns = printer.columns.map((each) =>
    each.description.startsWith('@')
      ? { ...each, description: descriptions[each.description.slice(1)] ?? '' }
      : each,
  );
  return { ...printer, columns };
}

/** The fields whose descriptions columns repeat, for the generator: `core.v1.PodStatus.podIP`. */
export function referencedDescriptions(): string[] {
  const references = [unprinted, ...Object.values(printers)]
    .flatMap((printer) => printer.columns)
    .map((each) => each.description)
    .filter((description) => description.startsWith('@'))
    .map((description) => description.slice(1));
  return [...new Set(references)].sort();
}
