// How nodes and namespaces are listed.
// Source: the columns of `kubectl get nodes -o wide`; roles as the well-known label node-role.kubernetes.io/<role> documents.

import type { KubeObject } from '../../object.ts';
import { at, listOf, stringOf } from '../fields.ts';
import {
  age,
  ageColumn,
  column,
  conditionOf,
  nameColumn,
  NONE,
  orNone,
  type Printer,
  wide,
} from './columns.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';
const UNKNOWN = '<unknown>';

export const nodes: Printer = {
  columns: [
    nameColumn,
    column('Status', 'string', 'The status of the node'),
    column('Roles', 'string', 'The roles of the node'),
    ageColumn,
    column('Version', 'string', '@core.v1.NodeSystemInfo.kubeletVersion'),
    wide('Internal-IP', '@core.v1.NodeStatus.addresses'),
    wide('External-IP', '@core.v1.NodeStatus.addresses'),
    wide('OS-Image', '@core.v1.NodeSystemInfo.osImage'),
    wide('Kernel-Version', '@core.v1.NodeSystemInfo.kernelVersion'),
    wide('Container-Runtime', '@core.v1.NodeSystemInfo.containerRuntimeVersion'),
  ],
  cells(node, now) {
    const info = (field: string) => stringOf(at(node, 'status', 'nodeInfo', field));
    return [
      node.metadata.name,
      statusText(node),
      orNone(roles(node).join(',')),
      age(node, now),
      info('kubeletVersion'),
      address(node, 'InternalIP'),
      address(node, 'ExternalIP'),
      info('osImage') || UNKNOWN,
      kernelText(info('kernelVersion'), info('architecture')),
      info('containerRuntimeVersion') || UNKNOWN,
    ];
  },
};

function statusText(node: KubeObject): string {
  const ready = conditionOf(node, 'Ready');
  const status = !ready ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return at(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function roles(node: KubeObject): string[] {
  const labels = node.metadata.labels ?? {};
  const named = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return [key.slice(ROLE_PREFIX.length)];
    return key === ROLE_LABEL ? [value] : [];
  });
  return [...new Set(named.filter((role) => role !== ''))].sort();
}

function address(node: KubeObject, type: string): string {
  const found = listOf(at(node, 'status', 'addresses')).find((each) => each['type'] === type);
  return stringOf(found?.['address']) || NONE;
}

function kernelText(kernel: string, architecture: string): string {
  if (kernel === '') return UNKNOWN;
  return architecture === '' ? kernel : `${kernel} (${architecture})`;
}

export const namespaces: Printer = {
  columns: [nameColumn, column('Status', 'string', 'The status of the namespace'), ageColumn],
  cells: (object, now) => [
    object.metadata.name,
    stringOf(at(object, 'status', 'phase')),
    age(object, now),
  ],
};

export const componentStatuses: Printer = {
  columns: [
    nameColumn,
    column('Status', 'string', 'Status of the component conditions'),
    column('Message', 'string', 'Message of the component conditions'),
    column('Error', 'string', 'Error of the component conditions'),
  ],
  cells(object) {
    const healthy = listOf(object['conditions']).find((each) => each['type'] === 'Healthy');
    const states: Readonly<Record<string, string>> = { True: 'Healthy', False: 'Unhealthy' };
    return [
      object.metadata.name,
      states[stringOf(healthy?.['status'])] ?? 'Unknown',
      stringOf(healthy?.['message']),
      stringOf(healthy?.['error']),
    ];
  },
};
