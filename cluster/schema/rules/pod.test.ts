import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaBundle } from '../../../server/apiserver/schema-bundle.ts';
import type { KubeObject } from '../../object.ts';
import { createRegistry } from '../registry.ts';
import { qosClassOf } from './pod.ts';
import { pullPolicyOf } from './pod-defaults.ts';

const registry = createRegistry(schemaBundle());
const pods = registry.find('', 'pods');

/** A pod as it is right after a client has sent it: conformed, defaulted, prepared. */
function made(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubeObject {
  const conformed = pods?.versions[0]?.conform(
    { metadata: { name: 'web', namespace: 'default', ...metadata }, spec },
    'json',
  );
  assert.ok(conformed && 'object' in conformed, JSON.stringify(conformed));
  pods?.strategy.default(conformed.object, 'v1');
  pods?.strategy.prepareForCreate(conformed.object);
  return conformed.object;
}

const problems = (pod: KubeObject) =>
  pods?.strategy.validateCreate(pod).map(({ field, message }) => `${field}: ${message}`);

/** A stored pod and a changed copy of it. */
function changed(spec: Record<string, unknown>, change: (draft: KubeObject) => void) {
  const old = { ...made(spec, { uid: '1', resourceVersion: '7' }) };
  const next = structuredClone(old);
  change(next);
  pods?.strategy.prepareForUpdate(next, old, undefined);
  return { old, next, errors: pods?.strategy.validateUpdate(next, old, undefined) ?? [] };
}

test('a pod of one line is stored with every documented default', () => {
  const pod = made({ containers: [{ name: 'web', image: 'nginx' }] });
  assert.deepEqual(pod['spec'], {
    containers: [
      {
        image: 'nginx',
        imagePullPolicy: 'Always',
        name: 'web',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  assert.deepEqual(pod['status'], { phase: 'Pending', qosClass: 'BestEffort' });
  assert.equal(pod.metadata.generation, 1);
});

test('limits imply requests, ports are TCP, probes and volumes have their numbers', () => {
  const pod = made({
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
        readinessProbe: { httpGet: { port: 80 } },
      },
    ],
    volumes: [
      { name: 'c', configMap: { name: 'c' } },
      { name: 'e' },
      { name: 't', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    ],
  });
  const spec = pod['spec'] as { containers: Record<string, unknown>[]; volumes: unknown[] };
  assert.deepEqual(spec.containers[0]?.['resources'], {
    limits: { cpu: '500m', memory: '1Gi' },
    requests: { cpu: '500m', memory: '1Gi' },
  });
  assert.deepEqual(spec.containers[0]?.['ports'], [{ containerPort: 80, protocol: 'TCP' }]);
  assert.deepEqual(spec.containers[0]?.['readinessProbe'], {
    failureThreshold: 3,
    httpGet: { path: '/', port: 80, scheme: 'HTTP' },
    periodSeconds: 10,
    successThreshold: 1,
    timeoutSeconds: 1,
  });
  assert.deepEqual(spec.volumes, [
    { configMap: { defaultMode: 420, name: 'c' }, name: 'c' },
    { emptyDir: {}, name: 'e' },
    {
      name: 't',
      projected: {
        defaultMode: 420,
        sources: [{ serviceAccountToken: { expirationSeconds: 3600, path: 't' } }],
      },
    },
  ]);
  assert.equal((pod['status'] as { qosClass: string }).qosClass, 'Guaranteed');
});

test('an image is pulled each time if its tag may move', () => {
  const policies: Record<string, string> = {
    nginx: 'Always',
    'nginx:latest': 'Always',
    'nginx:1.27': 'IfNotPresent',
    'localhost:5000/nginx': 'Always',
    'localhost:5000/nginx:1': 'IfNotPresent',
    'nginx@sha256:abc': 'IfNotPresent',
  };
  for (const [image, policy] of Object.entries(policies))
    assert.equal(pullPolicyOf(image), policy, image);
});

test('quality of service follows requests and limits', () => {
  const spec = (resources: unknown) => ({ containers: [{ resources }] });
  assert.equal(qosClassOf(spec({})), 'BestEffort');
  assert.equal(qosClassOf(spec({ requests: { cpu: '1' } })), 'Burstable');
  assert.equal(
    qosClassOf(spec({ requests: { cpu: '1', memory: '1' }, limits: { cpu: '1', memory: '1' } })),
    'Guaranteed',
  );
});

test('what is wrong with a pod is said field by field, in the real order', () => {
  assert.deepEqual(problems(made({ containers: [] })), ['spec.containers: Required value']);
  assert.deepEqual(
    problems(
      made({
        restartPolicy: 'Sometimes',
        containers: [
          {
            name: 'Web',
            image: '',
            ports: [{ containerPort: 99999, name: 'http_port' }],
            env: [{ name: '' }],
            volumeMounts: [{ name: 'nope', mountPath: '/x' }],
          },
          {
            name: 'b',
            image: ' x',
            resources: { requests: { cpu: '2', gpu: '1' }, limits: { cpu: '1' } },
          },
          { name: 'b', image: 'x', readinessProbe: { httpGet: { port: 0 } }, livenessProbe: {} },
        ],
        volumes: [{ name: 'a' }, { name: 'a' }],
      }),
    ),
    [
      'spec.volumes[1].name: Duplicate value: "a"',
      `spec.containers[0].name: Invalid value: "Web": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      'spec.containers[0].image: Required value',
      'spec.containers[0].ports[0].name: Invalid value: "http_port": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
      'spec.containers[0].env[0].name: Required value',
      'spec.containers[0].volumeMounts[0].name: Not found: "nope"',
      'spec.containers[1].image: Invalid value: " x": must not have leading or trailing whitespace',
      'spec.containers[1].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      'spec.containers[1].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
      'spec.containers[1].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      'spec.containers[2].name: Duplicate value: "b"',
      'spec.containers[2].livenessProbe: Required value: must specify a handler type',
      'spec.containers[2].readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    ],
  );
});

test('an image may change, arguments may not, and the refusal shows the difference', () => {
  const spec = { containers: [{ name: 'web', image: 'nginx' }] };
  const image = changed(spec, (draft) => {
    (draft['spec'] as { containers: { image: string }[] }).containers[0]!.image = 'nginx:2';
  });
  assert.deepEqual(image.errors, []);
  assert.equal(image.next.metadata.generation, 2);
  const args = changed(spec, (draft) => {
    (draft['spec'] as { containers: Record<string, unknown>[] }).containers[0]!['args'] = ['x'];
  });
  assert.deepEqual(args.errors, [
    {
      type: 'FieldValueForbidden',
      field: 'spec',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n@@ -6,7 +6,9 @@\n    "Name": "web",\n    "Image": "nginx",\n    "Command": null,\n-   "Args": null,\n+   "Args": [\n+    "x"\n+   ],\n    "WorkingDir": "",\n    "Ports": null,\n    "EnvFrom": null,\n',
    },
  ]);
});

test('a write to the pod keeps its status, a write to the status keeps its spec', () => {
  const old = made({ containers: [{ name: 'web', image: 'nginx' }] }, { resourceVersion: '7' });
  const next = structuredClone(old);
  next['status'] = { phase: 'Running' };
  next['spec'] = { containers: [] };
  pods?.strategy.prepareForUpdate(next, old, 'status');
  assert.deepEqual(next['spec'], old['spec']);
  assert.deepEqual(next['status'], { phase: 'Running', qosClass: 'BestEffort' });
  const other = structuredClone(next);
  other['status'] = { phase: 'Failed' };
  pods?.strategy.prepareForUpdate(other, next, undefined);
  assert.deepEqual(other['status'], next['status']);
});

test('a scheduled pod has its grace period, one that never ran has none', () => {
  const pod = made({
    containers: [{ name: 'web', image: 'nginx' }],
    terminationGracePeriodSeconds: 5,
  });
  assert.equal(pods?.strategy.gracePeriodSeconds?.(pod), 0);
  (pod['spec'] as Record<string, unknown>)['nodeName'] = 'lab';
  assert.equal(pods?.strategy.gracePeriodSeconds?.(pod), 5);
  (pod['status'] as Record<string, unknown>)['phase'] = 'Succeeded';
  assert.equal(pods?.strategy.gracePeriodSeconds?.(pod), 0);
});
