// The fields that field selectors may name, by kind, beside metadata.name and metadata.namespace; read from the stored form.
// Source: "Field Selectors" of the Kubernetes documentation and the list of supported fields there.

import type { KubeObject } from '../object.ts';
import { at, listOf, numberOf, stringOf } from './fields.ts';
import type { GroupResource } from './resource.ts';

type Read = (object: KubeObject) => string;
export type SelectableFields = Readonly<Record<string, Read>>;

const text =
  (...path: string[]): Read =>
  (object) =>
    stringOf(at(object, ...path));

const flag =
  (...path: string[]): Read =>
  (object) =>
    String(at(object, ...path) === true);

const count =
  (...path: string[]): Read =>
  (object) =>
    String(numberOf(at(object, ...path)) ?? 0);

const eventFields: SelectableFields = {
  'involvedObject.kind': text('involvedObject', 'kind'),
  'involvedObject.namespace': text('involvedObject', 'namespace'),
  'involvedObject.name': text('involvedObject', 'name'),
  'involvedObject.uid': text('involvedObject', 'uid'),
  'involvedObject.apiVersion': text('involvedObject', 'apiVersion'),
  'involvedObject.resourceVersion': text('involvedObject', 'resourceVersion'),
  'involvedObject.fieldPath': text('involvedObject', 'fieldPath'),
  reason: text('reason'),
  reportingComponent: text('reportingComponent'),
  /** What reported it, in either of the two places. */
  source: (event) =>
    stringOf(at(event, 'source', 'component')) || stringOf(event['reportingComponent']),
  type: text('type'),
};

/** The same objects by the names of the newer group. */
const newEventFields: SelectableFields = {
  ...Object.fromEntries(
    Object.entries(eventFields)
      .filter(([name]) => name.startsWith('involvedObject.'))
      .map(([name, read]) => [name.replace('involvedObject.', 'regarding.'), read]),
  ),
  reason: text('reason'),
  reportingController: text('reportingComponent'),
  type: text('type'),
};

const fields: Readonly<Record<GroupResource, SelectableFields>> = {
  events: eventFields,
  'events.events.k8s.io': newEventFields,
  namespaces: { name: (object) => object.metadata.name, 'status.phase': text('status', 'phase') },
  nodes: { 'spec.unschedulable': flag('spec', 'unschedulable') },
  persistentvolumeclaims: { name: (object) => object.metadata.name },
  persistentvolumes: { name: (object) => object.metadata.name },
  pods: {
    'spec.nodeName': text('spec', 'nodeName'),
    'spec.restartPolicy': text('spec', 'restartPolicy'),
    'spec.schedulerName': text('spec', 'schedulerName'),
    'spec.serviceAccountName': text('spec', 'serviceAccountName'),
    'spec.hostNetwork': flag('spec', 'hostNetwork'),
    'status.phase': text('status', 'phase'),
    'status.podIP': (pod) => stringOf(listOf(at(pod, 'status', 'podIPs'))[0]?.['ip']),
    'status.nominatedNodeName': text('status', 'nominatedNodeName'),
  },
  replicationcontrollers: { 'status.replicas': count('status', 'replicas') },
  secrets: { type: text('type') },
  services: { 'spec.clusterIP': text('spec', 'clusterIP'), 'spec.type': text('spec', 'type') },
  'replicasets.apps': { 'status.replicas': count('status', 'replicas') },
  'jobs.batch': { 'status.successful': count('status', 'succeeded') },
  'certificatesigningrequests.certificates.k8s.io': {
    'spec.signerName': text('spec', 'signerName'),
  },
  'resourceslices.resource.k8s.io': {
    'spec.nodeName': text('spec', 'nodeName'),
    'spec.driver': text('spec', 'driver'),
  },
};

export function selectableFieldsOf(resource: GroupResource): SelectableFields {
  return fields[resource] ?? {};
}
