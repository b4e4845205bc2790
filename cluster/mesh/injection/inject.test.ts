// The pod of a real istiod judges ours, where the recordings are: MESHPROOF_GOLDEN names their folder.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { KubeObject } from '../../object.ts';
import { injectSidecar } from './inject.ts';

const golden = join(process.env['MESHPROOF_GOLDEN'] ?? '', 'istio/023-pod-yaml-injected.json');
const skip =
  process.env['MESHPROOF_GOLDEN'] !== undefined && existsSync(golden)
    ? false
    : 'not judged here: MESHPROOF_GOLDEN names no folder';

interface Container {
  name: string;
  restartPolicy?: string;
  env?: { name: string; value?: string }[];
  args?: string[];
  resources?: unknown;
  lifecycle?: unknown;
  readinessProbe?: unknown;
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes: { name: string }[];
}

const frontend = (spec: object = {}, annotations = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: 'frontend-b78cc466c-',
      labels: { app: 'frontend', 'pod-template-hash': 'b78cc466c' },
      annotations,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'frontend-b78cc466c', controller: true },
      ],
    },
    spec: { containers: [{ name: 'nginx', image: 'nginx' }], ...spec },
  }) as unknown as KubeObject;

const specOf = (pod: KubeObject) => pod['spec'] as PodSpec;
const names = (containers: { name: string }[] | undefined) => containers?.map(({ name }) => name);

test('the sidecar is an init container that goes on, before the init containers of the app', () => {
  const spec = specOf(
    injectSidecar(frontend({ initContainers: [{ name: 'migrate' }] }), { namespace: 'default' }),
  );
  assert.deepEqual(names(spec.initContainers), ['istio-init', 'istio-proxy', 'migrate']);
  assert.deepEqual(names(spec.containers), ['nginx']);
  assert.equal(spec.initContainers?.[1]?.restartPolicy, 'Always');
});

test('a pod may ask for the classic sidecar: the last container, set up after its init containers', () => {
  const pod = injectSidecar(
    frontend(
      { initContainers: [{ name: 'migrate' }] },
      { 'sidecar.istio.io/nativeSidecar': 'false' },
    ),
    { namespace: 'default' },
  );
  const spec = specOf(pod);
  assert.deepEqual(names(spec.initContainers), ['migrate', 'istio-init']);
  assert.deepEqual(names(spec.containers), ['nginx', 'istio-proxy']);
  assert.equal(spec.containers[1]?.restartPolicy, undefined);
  assert.equal(spec.containers[1]?.lifecycle, undefined);
});

test('with a node agent the pod only checks its redirection', () => {
  const spec = specOf(injectSidecar(frontend(), { namespace: 'default', settings: { cni: true } }));
  assert.deepEqual(names(spec.initContainers), ['istio-validation', 'istio-proxy']);
  assert.deepEqual(spec.initContainers?.[0]?.args?.slice(-2), [
    '--run-validation',
    '--skip-rule-apply',
  ]);
});

test('labels name the workload: a canonical name and revision, from the most telling label', () => {
  const pod = frontend();
  pod.metadata.labels = {
    'app.kubernetes.io/name': 'shop',
    app: 'frontend',
    version: 'v2',
  };
  const { labels } = injectSidecar(pod, { namespace: 'default' }).metadata;
  assert.equal(labels?.['service.istio.io/canonical-name'], 'shop');
  assert.equal(labels?.['service.istio.io/canonical-revision'], 'v2');
  assert.equal(labels?.['security.istio.io/tlsMode'], 'istio');
});

test('probes of the app are asked of the sidecar, which is told what they were', () => {
  const spec = specOf(
    injectSidecar(
      frontend({
        containers: [
          {
            name: 'nginx',
            ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
            readinessProbe: {
              httpGet: { path: '/', port: 'http', scheme: 'HTTP' },
              timeoutSeconds: 1,
            },
          },
        ],
      }),
      { namespace: 'default' },
    ),
  );
  assert.deepEqual(spec.containers[0]?.readinessProbe, {
    httpGet: { path: '/app-health/nginx/readyz', port: 15_020, scheme: 'HTTP' },
    timeoutSeconds: 1,
  });
  const env = spec.initContainers?.[1]?.env;
  assert.equal(
    env?.find(({ name }) => name === 'ISTIO_KUBE_APP_PROBERS')?.value,
    '{"/app-health/nginx/readyz":{"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"timeoutSeconds":1}}',
  );
  assert.equal(
    env?.find(({ name }) => name === 'ISTIO_META_POD_PORTS')?.value,
    '[\n    {"name":"http","containerPort":80,"protocol":"TCP"}\n]',
  );
});

test('annotations set resources, and metrics of the app are shown with the sidecar’s', () => {
  const pod = injectSidecar(
    frontend({}, { 'sidecar.istio.io/proxyCPU': '50m', 'prometheus.io/port': '9090' }),
    { namespace: 'default' },
  );
  const [, proxy] = specOf(pod).initContainers ?? [];
  assert.deepEqual(proxy?.resources, { requests: { cpu: '50m' } });
  assert.equal(pod.metadata.annotations?.['prometheus.io/port'], '15020');
  assert.equal(
    proxy?.env?.find(({ name }) => name === 'ISTIO_PROMETHEUS_ANNOTATIONS')?.value,
    '{"scrape":"","path":"","port":"9090"}',
  );
});

test('a pod with a sidecar is given back as it is, and the given pod is never changed', () => {
  const pod = frontend();
  const before = structuredClone(pod);
  const once = injectSidecar(pod, { namespace: 'default' });
  assert.deepEqual(pod, before);
  assert.equal(injectSidecar(once, { namespace: 'default' }), once);
});

test('the pod is the one a real istiod makes', { skip }, () => {
  const { stdout } = JSON.parse(readFileSync(golden, 'utf8')) as { stdout: string };
  const theirs = parse(stdout) as KubeObject;
  const ours = injectSidecar(frontend(), {
    namespace: 'default',
    settings: {
      image: 'docker.io/istio/proxyv2:1.30.3',
      resources: {
        requests: { cpu: '10m', memory: '40Mi' },
        limits: { cpu: '2', memory: '1Gi' },
      },
    },
  });
  assert.deepEqual(ours.metadata.labels, theirs.metadata.labels);
  const { 'kubectl.kubernetes.io/restartedAt': _restarted, ...annotations } =
    theirs.metadata.annotations ?? {};
  assert.deepEqual(ours.metadata.annotations, annotations);
  // Theirs has the API's defaults and the account's token besides.
  for (const part of ['initContainers', 'containers', 'volumes'])
    assert.deepEqual(
      lacking((theirs['spec'] as never)[part], (ours['spec'] as never)[part], part),
      [],
    );
});

/** Where `ours` says what `theirs` does not. Lists agree item by item, but for the account's token. */
function lacking(theirs: unknown, ours: unknown, path: string): string[] {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const given = (theirs as unknown[]).filter(
      (each) => !JSON.stringify(each).includes('kube-api-access'),
    );
    const known = /Containers$|containers$/.test(path) ? (theirs as unknown[]) : given;
    if (known.length !== ours.length) return [`${path}: ${ours.length} items, not ${known.length}`];
    return ours.flatMap((each, index) => lacking(known[index], each, `${path}[${index}]`));
  }
  if (typeof ours === 'object' && ours !== null && typeof theirs === 'object' && theirs !== null)
    return Object.entries(ours).flatMap(([key, value]) =>
      lacking((theirs as Record<string, unknown>)[key], value, `${path}.${key}`),
    );
  return ours === theirs
    ? []
    : [`${path}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`];
}

test('amounts are written as the API writes them', () => {
  const settings = { resources: { limits: { cpu: '2000m', memory: '1024Mi' } } };
  const { initContainers = [] } = specOf(injectSidecar(frontend(), { namespace: 'app', settings }));
  for (const { resources } of initContainers)
    assert.deepEqual(resources, { limits: { cpu: '2', memory: '1Gi' } });
});
