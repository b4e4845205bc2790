import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../object.ts';
import { analyze, type AnalysisRequest } from './analysis.ts';
import { jsonOf, lineOf } from './messages.ts';

const objectsOf = (yaml: string) =>
  parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject);

/** The lesson's cluster: two Services without port names, their Deployments, a Namespace that injects. */
const BASE = `
{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
---
{apiVersion: v1, kind: Service, metadata: {name: backend, namespace: default}, spec: {selector: {app: backend}, ports: [{port: 80, targetPort: 80, protocol: TCP}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: frontend, namespace: default}, spec: {selector: {app: frontend}, ports: [{name: http, port: 80, targetPort: 80, protocol: TCP}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: frontend, namespace: default}, spec: {template: {metadata: {labels: {app: frontend}}, spec: {containers: [{name: nginx}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: backend-1, namespace: default, labels: {app: backend}}, spec: {containers: [{name: hello}], initContainers: [{name: istio-proxy}]}}
`;

const PORT_NAME =
  "Info [IST0118] (Service default/backend) Port name  (port: 80, targetPort: 80) doesn't follow the naming convention of Istio port.";

function lines(
  yaml: string,
  request: Partial<AnalysisRequest> = { namespace: 'default' },
): string[] {
  return analyze({ objects: objectsOf(`${BASE}---${yaml}`), ...request })
    .map((each) => lineOf(each))
    .filter((line) => line !== PORT_NAME);
}

const rule = (name: string, spec: string) =>
  `\n{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: ${name}, namespace: default}, spec: ${spec}}\n---`;
const destinationRule = (name: string, spec: string) =>
  `\n{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: ${name}, namespace: default}, spec: ${spec}}\n---`;
const EMPTY = '\n{apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: default}}';

test('a port without a name is told, whatever else is well', () => {
  const objects = objectsOf(BASE);
  assert.deepEqual(
    analyze({ objects, namespace: 'default' }).map((each) => lineOf(each)),
    [PORT_NAME],
  );
});

test('a namespace that injects nothing is told how to', () => {
  const yaml = '\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}';
  assert.deepEqual(lines(yaml, { namespace: 'shop' }), [
    "Info [IST0102] (Namespace shop) The namespace is not enabled for Istio injection. Run 'kubectl label namespace shop istio-injection=enabled' to enable it, or 'kubectl label namespace shop istio-injection=disabled' to explicitly mark it as not needing injection.",
  ]);
});

test('a pod older than its namespace’s label lacks its proxy', () => {
  const yaml =
    '\n{apiVersion: v1, kind: Pod, metadata: {name: load-generator, namespace: default}, spec: {containers: [{name: curl}]}}';
  assert.deepEqual(lines(yaml), [
    'Warning [IST0103] (Pod default/load-generator) The pod default/load-generator is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.',
  ]);
});

test('two ports of Services for one port of a Deployment collide', () => {
  const yaml =
    '\n{apiVersion: v1, kind: Service, metadata: {name: frontend-health, namespace: default}, spec: {selector: {app: frontend}, ports: [{name: http, port: 8080, targetPort: 80}]}}';
  assert.deepEqual(lines(yaml), [
    'Warning [IST0137] (Deployment default/frontend) This deployment frontend is associated with multiple services [default/frontend default/frontend-health] using targetPort "80" but different ports: [80 8080].',
  ]);
});

test('subsets of no pod are an error before any request is', () => {
  const yaml = destinationRule(
    'backend-versions',
    '{host: backend, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}',
  );
  const words = (name: string) =>
    `Error [IST0173] (DestinationRule default/backend-versions) The Subset ${name} defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).`;
  assert.deepEqual(lines(yaml + EMPTY), [words('v1'), words('v2')]);
});

test('hosts, subsets and gateways that are not there are named', () => {
  const yaml =
    rule('nowhere', '{hosts: [x], http: [{route: [{destination: {host: staging}}]}]}') +
    rule('lost', '{hosts: [y], http: [{route: [{destination: {host: backend, subset: v2}}]}]}') +
    rule('out', '{hosts: [z], gateways: [web], http: [{route: [{destination: {host: backend}}]}]}');
  assert.deepEqual(lines(yaml + EMPTY), [
    'Error [IST0101] (VirtualService default/lost) Referenced host+subset in destinationrule not found: "backend+v2"',
    'Error [IST0101] (VirtualService default/nowhere) Referenced host not found: "staging"',
    'Error [IST0101] (VirtualService default/out) Referenced gateway not found: "web"',
    'Warning [IST0132] (VirtualService default/out) one or more host [z] defined in VirtualService default/out not found in Gateway default/web.',
  ]);
});

test('two VirtualServices for one host are both told', () => {
  const spec = '{hosts: [backend], http: [{route: [{destination: {host: backend}}]}]}';
  const words = (name: string) =>
    `Error [IST0109] (VirtualService default/${name}) The VirtualServices default/backend-canary,default/safe-deployment-demo associated with mesh gateway define the same host */backend.default.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.`;
  const yaml = rule('safe-deployment-demo', spec) + rule('backend-canary', spec);
  assert.deepEqual(lines(yaml + EMPTY), [words('backend-canary'), words('safe-deployment-demo')]);
});

test('what the webhook would warn of is a message too', () => {
  const yaml =
    destinationRule(
      'backend-circuit-breaker',
      '{host: backend, trafficPolicy: {outlierDetection: {consecutiveErrors: 3}}}',
    ) +
    rule(
      'twice',
      '{hosts: [backend], http: [{route: [{destination: {host: backend}}]}, {route: [{destination: {host: backend}}]}]}',
    );
  assert.deepEqual(lines(yaml + EMPTY), [
    'Warning [IST0130] (VirtualService default/twice) VirtualService rule #1 not used (only the last rule can have no matches).',
    'Warning [IST0133] (DestinationRule default/backend-circuit-breaker) Schema validation warning: outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
  ]);
});

test('files alone are not blamed for Services and pods that are elsewhere', () => {
  const yaml =
    rule(
      'canary',
      '{hosts: [backend], http: [{route: [{destination: {host: gone, subset: v1}}]}]}',
    ) +
    destinationRule('versions', '{host: gone, subsets: [{name: v1}]}') +
    EMPTY;
  assert.deepEqual(analyze({ objects: objectsOf(yaml), filesOnly: true }), []);
});

test('all namespaces are all but the system’s own; an object may ask for silence', () => {
  const yaml =
    '\n{apiVersion: v1, kind: Service, metadata: {name: quiet, namespace: default, annotations: {galley.istio.io/analyze-suppress: IST0118}}, spec: {ports: [{port: 81}]}}';
  assert.deepEqual(lines(yaml, {}), []);
});

test('a message has a form for programs', () => {
  const [first] = analyze({ objects: objectsOf(BASE), namespace: 'default' });
  assert.ok(first);
  assert.deepEqual(jsonOf(first), {
    code: 'IST0118',
    documentationUrl:
      'https://istio.io/v1.30/docs/reference/config/analysis/ist0118/?ref=istioctl-analyze',
    level: 'Info',
    message:
      "Port name  (port: 80, targetPort: 80) doesn't follow the naming convention of Istio port.",
    origin: 'Service default/backend',
  });
});
