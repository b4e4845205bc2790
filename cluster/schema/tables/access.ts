// How bindings, leases, certificates, API services and webhooks are listed.
// Source: the columns of `kubectl get … -o wide` for each kind.

import type { KubeObject } from '../../object.ts';
import { at, fieldsOf, isSet, listOf, numberOf, stringOf } from '../fields.ts';
import { ageOf, humanDuration } from '../human-duration.ts';
import {
  age,
  ageColumn,
  column,
  conditionOf,
  nameColumn,
  NONE,
  type Printer,
  wide,
} from './columns.ts';

function bindingTable(type: string, word: string): Printer {
  return {
    columns: [
      nameColumn,
      column('Role', 'string', `@rbac.v1.${type}.roleRef`),
      ageColumn,
      wide('Users', `Users in the ${word}`),
      wide('Groups', `Groups in the ${word}`),
      wide('ServiceAccounts', `ServiceAccounts in the ${word}`),
    ],
    cells(binding, now) {
      const role = fieldsOf(binding['roleRef']);
      return [
        binding.metadata.name,
        `${stringOf(role['kind'])}/${stringOf(role['name'])}`,
        age(binding, now),
        subjects(binding, 'User'),
        subjects(binding, 'Group'),
        subjects(binding, 'ServiceAccount'),
      ];
    },
  };
}

function subjects(binding: KubeObject, kind: string): string {
  return listOf(binding['subjects'])
    .filter((subject) => subject['kind'] === kind)
    .map((subject) => {
      const name = stringOf(subject['name']);
      return kind === 'ServiceAccount' ? `${stringOf(subject['namespace'])}/${name}` : name;
    })
    .join(', ');
}

export const roleBindings = bindingTable('RoleBinding', 'roleBinding');
export const clusterRoleBindings = bindingTable('ClusterRoleBinding', 'clusterRoleBinding');

export const leases: Printer = {
  columns: [
    nameColumn,
    column('Holder', 'string', '@coordination.v1.LeaseSpec.holderIdentity'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    stringOf(at(object, 'spec', 'holderIdentity')),
    age(object, now),
  ],
};

export const apiServices: Printer = {
  columns: [
    nameColumn,
    column('Service', 'string', 'The reference to the service that hosts this API endpoint.'),
    column('Available', 'string', 'Whether this service is available.'),
    ageColumn,
  ],
  cells(object, now) {
    const service = at(object, 'spec', 'service');
    const { namespace, name } = fieldsOf(service);
    const available = conditionOf(object, 'Available');
    const reason = stringOf(available?.['reason']);
    const status = stringOf(available?.['status']) || 'Unknown';
    return [
      object.metadata.name,
      isSet(service) ? `${stringOf(namespace)}/${stringOf(name)}` : 'Local',
      status === 'True' || reason === '' ? status : `${status} (${reason})`,
      age(object, now),
    ];
  },
};

export const certificateSigningRequests: Printer = {
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', 'string', '@certificates.v1.CertificateSigningRequestSpec.signerName'),
    column('Requestor', 'string', '@certificates.v1.CertificateSigningRequestSpec.request'),
    column(
      'RequestedDuration',
      'string',
      '@certificates.v1.CertificateSigningRequestSpec.expirationSeconds',
    ),
    column('Condition', 'string', '@certificates.v1.CertificateSigningRequestStatus.conditions'),
  ],
  cells(object, now) {
    const spec = fieldsOf(object['spec']);
    const seconds = numberOf(spec['expirationSeconds']);
    return [
      object.metadata.name,
      age(object, now),
      stringOf(spec['signerName']) || NONE,
      stringOf(spec['username']),
      seconds === undefined ? NONE : humanDuration(seconds * 1000),
      requestCondition(object),
    ];
  },
};

function requestCondition(object: KubeObject): string {
  const types = new Set(listOf(at(object, 'status', 'conditions')).map((each) => each['type']));
  const words = [
    types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending',
    ...(types.has('Failed') ? ['Failed'] : []),
    ...(stringOf(at(object, 'status', 'certificate')) === '' ? [] : ['Issued']),
  ];
  return words.join(',');
}

export const webhookConfigurations: Printer = {
  columns: [
    nameColumn,
    column(
      'Webhooks',
      'integer',
      'Webhooks indicates the number of webhooks registered in this configuration',
    ),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    listOf(object['webhooks']).length,
    age(object, now),
  ],
};

export const validatingAdmissionPolicies: Printer = {
  columns: [
    nameColumn,
    column(
      'Validations',
      'integer',
      'Validations indicates the number of validation rules defined in this configuration',
    ),
    column(
      'ParamKind',
      'string',
      'ParamKind specifies the kind of resources used to parameterize this policy',
    ),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    listOf(at(object, 'spec', 'validations')).length,
    paramKind(object),
    age(object, now),
  ],
};

export const mutatingAdmissionPolicies: Printer = {
  columns: [
    nameColumn,
    column(
      'Mutations',
      'integer',
      'Mutations indicates the number of mutations rules defined in this configuration',
    ),
    column(
      'ParamKind',
      'string',
      'ParamKind specifies the kind of resources used to parameterize this policy',
    ),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    listOf(at(object, 'spec', 'mutations')).length,
    paramKind(object),
    age(object, now),
  ],
};

function paramKind(object: KubeObject): string {
  const param = at(object, 'spec', 'paramKind');
  const { apiVersion, kind } = fieldsOf(param);
  return isSet(param) ? `${stringOf(apiVersion)}/${stringOf(kind)}` : '<unset>';
}

export const admissionPolicyBindings: Printer = {
  columns: [
    nameColumn,
    column(
      'PolicyName',
      'string',
      'PolicyName indicates the policy definition which the policy binding binded to',
    ),
    column(
      'ParamRef',
      'string',
      'ParamRef indicates the param resource which sets the configration param',
    ),
    ageColumn,
  ],
  cells(object, now) {
    const param = at(object, 'spec', 'paramRef');
    const { namespace, name } = fieldsOf(param);
    const where = stringOf(namespace);
    return [
      object.metadata.name,
      stringOf(at(object, 'spec', 'policyName')),
      isSet(param) ? `${where === '' ? '*' : where}/${stringOf(name)}` : '<unset>',
      age(object, now),
    ];
  },
};

export const flowSchemas: Printer = {
  columns: [
    nameColumn,
    column('PriorityLevel', 'string', '@flowcontrol.v1.PriorityLevelConfigurationReference.name'),
    column('MatchingPrecedence', 'string', '@flowcontrol.v1.FlowSchemaSpec.matchingPrecedence'),
    column('DistinguisherMethod', 'string', '@flowcontrol.v1.FlowSchemaSpec.distinguisherMethod'),
    ageColumn,
    column('MissingPL', 'string', 'references a broken or non-existent PriorityLevelConfiguration'),
  ],
  cells(object, now) {
    const spec = fieldsOf(object['spec']);
    const dangling = conditionOf(object, 'Dangling')?.['status'];
    return [
      object.metadata.name,
      stringOf(at(spec, 'priorityLevelConfiguration', 'name')),
      numberOf(spec['matchingPrecedence']) ?? 0,
      stringOf(at(spec, 'distinguisherMethod', 'type')) || NONE,
      ageOf(object.metadata.creationTimestamp, now),
      stringOf(dangling) || '?',
    ];
  },
};

export const priorityLevelConfigurations: Printer = {
  columns: [
    nameColumn,
    column('Type', 'string', '@flowcontrol.v1.PriorityLevelConfigurationSpec.type'),
    column(
      'NominalConcurrencyShares',
      'string',
      '@flowcontrol.v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares',
    ),
    column('Queues', 'string', '@flowcontrol.v1.QueuingConfiguration.queues'),
    column('HandSize', 'string', '@flowcontrol.v1.QueuingConfiguration.handSize'),
    column('QueueLengthLimit', 'string', '@flowcontrol.v1.QueuingConfiguration.queueLengthLimit'),
    ageColumn,
  ],
  cells(object, now) {
    const limited = fieldsOf(at(object, 'spec', 'limited'));
    const queuing = fieldsOf(at(limited, 'limitResponse', 'queuing'));
    const shown = (value: unknown) => numberOf(value) ?? NONE;
    return [
      object.metadata.name,
      stringOf(at(object, 'spec', 'type')),
      shown(limited['nominalConcurrencyShares']),
      shown(queuing['queues']),
      shown(queuing['handSize']),
      shown(queuing['queueLengthLimit']),
      age(object, now),
    ];
  },
};

export const resourceClaims: Printer = {
  columns: [
    nameColumn,
    column(
      'State',
      'string',
      'A summary of the current state (allocated, pending, reserved, etc.).',
    ),
    ageColumn,
  ],
  cells(object, now) {
    const allocated = isSet(at(object, 'status', 'allocation'));
    const reserved = listOf(at(object, 'status', 'reservedFor')).length > 0;
    const states = [
      ...(object.metadata.deletionTimestamp === undefined ? [] : ['deleted']),
      allocated ? 'allocated' : 'pending',
      ...(reserved ? ['reserved'] : []),
    ];
    return [object.metadata.name, states.join(','), age(object, now)];
  },
};

export const resourceSlices: Printer = {
  columns: [
    nameColumn,
    column('Node', 'string', '@resource.v1.ResourceSliceSpec.nodeName'),
    column('Driver', 'string', '@resource.v1.ResourceSliceSpec.driver'),
    column('Pool', 'string', '@resource.v1.ResourcePool.name'),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    stringOf(at(object, 'spec', 'nodeName')),
    stringOf(at(object, 'spec', 'driver')),
    stringOf(at(object, 'spec', 'pool', 'name')),
    age(object, now),
  ],
};

/** Name and age: kinds whose printer shows no more. */
export const named: Printer = {
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name, age(object, now)],
};
