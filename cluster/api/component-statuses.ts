// The old view of the control plane's health, which a real server still answers. Here it is always well.

import type { KubeObject, ObjectMeta } from '../object.ts';
import type { Reading } from './virtual-kinds.ts';

const COMPONENTS: readonly (readonly [string, string])[] = [
  ['scheduler', 'ok'],
  ['controller-manager', 'ok'],
  ['etcd-0', 'ok'],
];

export const componentStatuses: Reading = () =>
  COMPONENTS.map(([name, message]): KubeObject => ({
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    // Nothing was stored: it has a name and no more.
    metadata: { name } as ObjectMeta,
    conditions: [{ type: 'Healthy', status: 'True', message }],
  }));
