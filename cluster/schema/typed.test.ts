import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaBundle } from '../../server/apiserver/schema-bundle.ts';
import { conformTyped } from './typed.ts';

const bundle = schemaBundle();
const conform = (kind: string, value: unknown, source: 'json' | 'fields' = 'json') =>
  conformTyped(bundle, `io.k8s.api.${kind}`, value, source);
const error = (kind: string, value: unknown, source: 'json' | 'fields' = 'json') => {
  const conformed = conform(kind, value, source);
  return 'error' in conformed ? conformed.error : undefined;
};

test('empty values are left out, but not those that mean something', () => {
  assert.deepEqual(
    conform('apps.v1.DeploymentSpec', {
      replicas: 0,
      paused: false,
      minReadySeconds: 0,
      selector: { matchLabels: {} },
      strategy: { type: '' },
      template: {
        metadata: { labels: {}, name: '' },
        spec: { containers: [], hostNetwork: false, nodeSelector: {}, activeDeadlineSeconds: null },
      },
    }),
    {
      value: {
        replicas: 0,
        selector: {},
        strategy: {},
        template: { metadata: {}, spec: { containers: [] } },
      },
      problems: [],
    },
  );
});

test('what the real types always write is filled in', () => {
  assert.deepEqual(conform('core.v1.Service', { metadata: { name: 'web' } }), {
    value: { metadata: { name: 'web' }, spec: {}, status: { loadBalancer: {} } },
    problems: [],
  });
  assert.deepEqual(conform('core.v1.PodCondition', { type: 'Ready', status: 'True' }), {
    value: { lastProbeTime: null, lastTransitionTime: null, status: 'True', type: 'Ready' },
    problems: [],
  });
  assert.deepEqual(conform('rbac.v1.ClusterRole', {}), {
    value: { metadata: {}, rules: null },
    problems: [],
  });
});

test('quantities, times and bytes take their one form, maps are in order', () => {
  assert.deepEqual(
    conform('core.v1.ResourceRequirements', {
      limits: { memory: '1024Mi', cpu: 0.5 },
      requests: { cpu: '100m' },
    }),
    { value: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m' } }, problems: [] },
  );
  assert.deepEqual(
    conform('events.v1.Event', {
      eventTime: '2026-11-22T11:00:00.5+01:00',
      deprecatedFirstTimestamp: '2026-11-22T10:00:00.9Z',
    }),
    {
      value: {
        deprecatedFirstTimestamp: '2026-11-22T10:00:00Z',
        deprecatedLastTimestamp: null,
        deprecatedSource: {},
        eventTime: '2026-11-22T10:00:00.500000Z',
        metadata: {},
        regarding: {},
      },
      problems: [],
    },
  );
});

test('unknown fields are told in the order of the text, by case too', () => {
  const conformed = conform('apps.v1.Deployment', {
    spec: {
      template: { spec: { containers: [{ name: 'web', imagge: 'x' }] } },
      Replicas: 2,
      replcas: 3,
    },
    metadata: { labls: {} },
  });
  assert.ok('problems' in conformed);
  assert.deepEqual(conformed.problems, [
    'unknown field "spec.template.spec.containers[0].imagge"',
    'unknown field "spec.Replicas"',
    'unknown field "spec.replcas"',
    'unknown field "metadata.labls"',
  ]);
});

test('wrong types are refused in the words of the JSON decoder', () => {
  assert.equal(
    error('apps.v1.Deployment', { spec: { replicas: 'two' } }),
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  );
  assert.equal(
    error('core.v1.ConfigMap', { data: { a: 1 } }),
    'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  );
  assert.equal(
    error('core.v1.Pod', { spec: { containers: { name: 'web' } } }),
    'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
  );
  assert.equal(
    error('core.v1.Pod', { spec: { containers: [{ command: 'sh' }] } }),
    'json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string',
  );
  assert.equal(
    error('core.v1.Pod', { spec: { containers: [{ ports: [{ containerPort: 80.5 }] }] } }),
    'json: cannot unmarshal number 80.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
  );
  assert.equal(
    error('core.v1.Pod', { spec: 'web' }),
    'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec',
  );
  assert.equal(
    error('core.v1.Secret', { data: { a: 'not base64!' } }),
    'illegal base64 data at input byte 3',
  );
  assert.equal(
    error('core.v1.ResourceRequirements', { limits: { cpu: 'lots' } }),
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
  assert.equal(
    error('core.v1.ServicePort', { targetPort: true }),
    'json: cannot unmarshal bool into Go value of type int32',
  );
  assert.equal(
    error('core.v1.PodStatus', { startTime: 'soon' }),
    'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
  );
});

test('the first wrong type of several is the one reported', () => {
  assert.equal(
    error('apps.v1.Deployment', { spec: { replicas: 'two', paused: 'no' } }),
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  );
});

test('wrong types in the result of a strategic merge are refused in other words', () => {
  assert.equal(
    error('apps.v1.Deployment', { spec: { replicas: 'two' } }, 'fields'),
    'unrecognized type: int32',
  );
  assert.equal(
    error('core.v1.ConfigMap', { data: { a: 1 } }, 'fields'),
    'cannot convert int64 to string',
  );
  assert.equal(
    error('core.v1.Pod', { spec: { containers: {} } }, 'fields'),
    'cannot restore slice from map',
  );
  assert.equal(error('core.v1.Pod', { spec: [] }, 'fields'), 'cannot restore struct from: slice');
});

test('null is absence, whatever the type', () => {
  assert.deepEqual(conform('core.v1.ConfigMap', { data: null, immutable: null, metadata: null }), {
    value: { metadata: {} },
    problems: [],
  });
});
