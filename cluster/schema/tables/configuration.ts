// How ConfigMaps, Secrets, accounts, quotas and storage are listed.
// Source: the columns of `kubectl get … -o wide` for each kind.

import {
  at,
  fieldsOf,
  isSet,
  listOf,
  numberOf,
  stringMapOf,
  stringOf,
  stringsOf,
} from '../fields.ts';
import type { KubeObject } from '../../object.ts';
import { age, ageColumn, column, nameColumn, type Printer, wide } from './columns.ts';

const keys = (value: unknown) => Object.keys(fieldsOf(value)).length;

export const configMaps: Printer = {
  columns: [nameColumn, column('Data', 'string', '@core.v1.ConfigMap.data'), ageColumn],
  cells: (object, now) => [
    object.metadata.name,
    keys(object['data']) + keys(object['binaryData']),
    age(object, now),
  ],
};

export const secrets: Printer = {
  columns: [
    nameColumn,
    column('Type', 'string', '@core.v1.Secret.type'),
    column('Data', 'string', '@core.v1.Secret.data'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    stringOf(object['type']),
    keys(object['data']),
    age(object, now),
  ],
};

export const serviceAccounts: Printer = {
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name, age(object, now)],
};

export const resourceQuotas: Printer = {
  columns: [
    nameColumn,
    column(
      'Request',
      'string',
      'Request represents a minimum amount of cpu/memory that a container may consume.',
    ),
    column(
      'Limit',
      'string',
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
    ),
    ageColumn,
  ],
  cells(quota, now) {
    const hard = stringMapOf(at(quota, 'status', 'hard'));
    const used = stringMapOf(at(quota, 'status', 'used'));
    const requests: string[] = [];
    const limits: string[] = [];
    for (const name of Object.keys(hard).sort())
      (name.startsWith('limits') ? limits : requests).push(
        `${name}: ${used[name] ?? '0'}/${hard[name] ?? '0'}`,
      );
    return [quota.metadata.name, requests.join(', '), limits.join(', '), age(quota, now)];
  },
};

/** `RWO,ROX`: each mode once, in this order. */
const MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

function accessModes(value: unknown): string {
  const modes = new Set(stringsOf(value));
  return MODES.filter(([mode]) => modes.has(mode))
    .map(([, short]) => short)
    .join(',');
}

/** `<unset>` where a volume names no mode or class. */
const orUnset = (value: unknown) => (isSet(value) ? stringOf(value) : '<unset>');

export const persistentVolumes: Printer = {
  columns: [
    nameColumn,
    column('Capacity', 'string', '@core.v1.PersistentVolumeSpec.capacity'),
    column('Access Modes', 'string', '@core.v1.PersistentVolumeSpec.accessModes'),
    column(
      'Reclaim Policy',
      'string',
      '@core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy',
    ),
    column('Status', 'string', '@core.v1.PersistentVolumeStatus.phase'),
    column('Claim', 'string', '@core.v1.PersistentVolumeSpec.claimRef'),
    column('StorageClass', 'string', 'StorageClass of the pv'),
    column('VolumeAttributesClass', 'string', 'VolumeAttributesClass of the pv'),
    column('Reason', 'string', '@core.v1.PersistentVolumeStatus.reason'),
    ageColumn,
    wide('VolumeMode', '@core.v1.PersistentVolumeSpec.volumeMode'),
  ],
  cells(volume, now) {
    const spec = fieldsOf(volume['spec']);
    const status = fieldsOf(volume['status']);
    const claim = fieldsOf(spec['claimRef']);
    const phase = stringOf(status['phase']);
    return [
      volume.metadata.name,
      stringOf(at(spec, 'capacity', 'storage')),
      accessModes(spec['accessModes']),
      stringOf(spec['persistentVolumeReclaimPolicy']),
      volume.metadata.deletionTimestamp === undefined ? phase : 'Terminating',
      isSet(spec['claimRef']) ? `${stringOf(claim['namespace'])}/${stringOf(claim['name'])}` : '',
      storageClass(volume),
      orUnset(spec['volumeAttributesClassName']),
      stringOf(status['reason']),
      age(volume, now),
      orUnset(spec['volumeMode']),
    ];
  },
};

/** The annotation is older than the field. */
function storageClass(object: KubeObject): string {
  const annotated = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  return annotated ?? stringOf(at(object, 'spec', 'storageClassName'));
}

export const persistentVolumeClaims: Printer = {
  columns: [
    nameColumn,
    column('Status', 'string', '@core.v1.PersistentVolumeClaimStatus.phase'),
    column('Volume', 'string', '@core.v1.PersistentVolumeClaimSpec.volumeName'),
    column('Capacity', 'string', '@core.v1.PersistentVolumeClaimStatus.capacity'),
    column('Access Modes', 'string', '@core.v1.PersistentVolumeClaimStatus.accessModes'),
    column('StorageClass', 'string', 'StorageClass of the pvc'),
    column('VolumeAttributesClass', 'string', 'VolumeAttributesClass of the pvc'),
    ageColumn,
    wide('VolumeMode', '@core.v1.PersistentVolumeClaimSpec.volumeMode'),
  ],
  cells(claim, now) {
    const spec = fieldsOf(claim['spec']);
    const status = fieldsOf(claim['status']);
    const bound = stringOf(spec['volumeName']) !== '';
    return [
      claim.metadata.name,
      claim.metadata.deletionTimestamp === undefined ? stringOf(status['phase']) : 'Terminating',
      stringOf(spec['volumeName']),
      bound ? stringOf(at(status, 'capacity', 'storage')) : '',
      bound ? accessModes(status['accessModes']) : '',
      storageClass(claim),
      orUnset(spec['volumeAttributesClassName']),
      age(claim, now),
      orUnset(spec['volumeMode']),
    ];
  },
};

export const storageClasses: Printer = {
  columns: [
    nameColumn,
    column('Provisioner', 'string', '@storage.v1.StorageClass.provisioner'),
    column('ReclaimPolicy', 'string', '@storage.v1.StorageClass.reclaimPolicy'),
    column('VolumeBindingMode', 'string', '@storage.v1.StorageClass.volumeBindingMode'),
    column('AllowVolumeExpansion', 'string', '@storage.v1.StorageClass.allowVolumeExpansion'),
    ageColumn,
  ],
  cells(object, now) {
    const isDefault = ['', 'beta.'].some(
      (part) =>
        object.metadata.annotations?.[`storageclass.${part}kubernetes.io/is-default-class`] ===
        'true',
    );
    return [
      isDefault ? `${object.metadata.name} (default)` : object.metadata.name,
      stringOf(object['provisioner']),
      stringOf(object['reclaimPolicy']) || 'Delete',
      stringOf(object['volumeBindingMode']) || 'Immediate',
      object['allowVolumeExpansion'] === true,
      age(object, now),
    ];
  },
};

export const volumeAttributesClasses: Printer = {
  columns: [
    nameColumn,
    column('DriverName', 'string', '@storage.v1.VolumeAttributesClass.driverName'),
    ageColumn,
  ],
  cells: (object, now) => [object.metadata.name, stringOf(object['driverName']), age(object, now)],
};

export const volumeAttachments: Printer = {
  columns: [
    nameColumn,
    column('Attacher', 'string', '@storage.v1.VolumeAttachmentSpec.attacher'),
    column('PV', 'string', '@storage.v1.VolumeAttachmentSource.persistentVolumeName'),
    column('Node', 'string', '@storage.v1.VolumeAttachmentSpec.nodeName'),
    column('Attached', 'boolean', '@storage.v1.VolumeAttachmentStatus.attached'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    stringOf(at(object, 'spec', 'attacher')),
    stringOf(at(object, 'spec', 'source', 'persistentVolumeName')),
    stringOf(at(object, 'spec', 'nodeName')),
    at(object, 'status', 'attached') === true,
    age(object, now),
  ],
};

export const csiNodes: Printer = {
  columns: [
    nameColumn,
    column(
      'Drivers',
      'integer',
      'Drivers indicates the number of CSI drivers registered on the node',
    ),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    listOf(at(object, 'spec', 'drivers')).length,
    age(object, now),
  ],
};

export const csiDrivers: Printer = {
  columns: [
    nameColumn,
    column('AttachRequired', 'boolean', '@storage.v1.CSIDriverSpec.attachRequired'),
    column('PodInfoOnMount', 'boolean', '@storage.v1.CSIDriverSpec.podInfoOnMount'),
    column('StorageCapacity', 'boolean', '@storage.v1.CSIDriverSpec.storageCapacity'),
    column('TokenRequests', 'string', '@storage.v1.CSIDriverSpec.tokenRequests'),
    column('RequiresRepublish', 'boolean', '@storage.v1.CSIDriverSpec.requiresRepublish'),
    column('Modes', 'string', '@storage.v1.CSIDriverSpec.volumeLifecycleModes'),
    ageColumn,
  ],
  cells(object, now) {
    const spec = fieldsOf(object['spec']);
    const audiences = listOf(spec['tokenRequests']).map((each) => stringOf(each['audience']));
    const modes = stringsOf(spec['volumeLifecycleModes']);
    return [
      object.metadata.name,
      spec['attachRequired'] !== false,
      spec['podInfoOnMount'] === true,
      spec['storageCapacity'] === true,
      audiences.length === 0 ? '<unset>' : audiences.join(','),
      spec['requiresRepublish'] === true,
      modes.length === 0 ? '<none>' : modes.join(','),
      age(object, now),
    ];
  },
};

export const csiStorageCapacities: Printer = {
  columns: [
    nameColumn,
    column('StorageClassName', 'string', '@storage.v1.CSIStorageCapacity.storageClassName'),
    column('Capacity', 'string', '@storage.v1.CSIStorageCapacity.capacity'),
  ],
  cells: (object) => [
    object.metadata.name,
    stringOf(object['storageClassName']),
    isSet(object['capacity']) ? stringOf(object['capacity']) : '<unset>',
  ],
};

export const priorityClasses: Printer = {
  columns: [
    nameColumn,
    column('Value', 'integer', '@scheduling.v1.PriorityClass.value'),
    column('Global-Default', 'boolean', '@scheduling.v1.PriorityClass.globalDefault'),
    ageColumn,
    column('PreemptionPolicy', 'string', '@scheduling.v1.PriorityClass.preemptionPolicy'),
  ],
  cells: (object, now) => [
    object.metadata.name,
    numberOf(object['value']) ?? 0,
    object['globalDefault'] === true,
    age(object, now),
    stringOf(object['preemptionPolicy']),
  ],
};

export const runtimeClasses: Printer = {
  columns: [nameColumn, column('Handler', 'string', '@node.v1.RuntimeClass.handler'), ageColumn],
  cells: (object, now) => [object.metadata.name, stringOf(object['handler']), age(object, now)],
};
