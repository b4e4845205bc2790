import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { said } from '../testing/said.ts';

const directory = mkdtempSync(join(tmpdir(), 'kube-inject-'));
after(() => rmSync(directory, { recursive: true }));

const values = join(directory, 'values.yaml');
writeFileSync(values, 'global: {tag: 1.30.3}\n');

const inject = (input: string, ...words: string[]) =>
  said(['kube-inject', '-f', '-', '--valuesFile', values, ...words], { input });

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v1}}
    spec: {containers: [{name: web, image: 'nginx:1.27'}]}
`;

const read = (text: string) => parseAllDocuments(text).map((document) => document.toJS());

test("a Deployment's pods get their sidecar, other objects stay as they are", async () => {
  const service = 'kind: Service # as it was\napiVersion: v1\nmetadata: {name: web}\n';
  const { exit, out } = await inject(`${WEB}---\n${service}`);
  assert.equal(exit, 0);
  const [deployment, other] = read(out);
  const { metadata, spec } = deployment.spec.template;
  assert.deepEqual(
    spec.initContainers.map(({ name }: { name: string }) => name),
    ['istio-init', 'istio-proxy'],
  );
  assert.equal(metadata.labels['service.istio.io/canonical-name'], 'web');
  assert.equal(metadata.name, undefined);
  // Whose pod it will be is not known yet.
  const [, proxy] = spec.initContainers;
  const names = proxy.env.map(({ name }: { name: string }) => name);
  assert.ok(names.includes('ISTIO_META_CLUSTER_ID') && !names.includes('ISTIO_META_WORKLOAD_NAME'));
  assert.deepEqual(spec.containers[0].resources, {});
  assert.equal(metadata.ownerReferences, undefined);
  assert.deepEqual(other, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } });
  assert.ok(out.endsWith(`---\n${service}---\n`));
});

test('a template that wants no sidecar gets none, and it is said', async () => {
  const { out, err } = await inject(
    WEB.replace('labels: {app: web,', 'labels: {sidecar.istio.io/inject: "false", app: web,'),
  );
  assert.doesNotMatch(out, /istio-proxy/);
  assert.match(
    err,
    /^\n===> Skipping injection because Deployment "web" has sidecar injection disabled/,
  );
});

test('the result can go to a file', async () => {
  const output = join(directory, 'out.yaml');
  assert.equal((await inject(WEB, '-o', output)).out, '');
  assert.match(readFileSync(output, 'utf8'), /istio-proxy/);
});

test('without a file it says so', async () => {
  assert.match(
    (await said(['kube-inject'])).err,
    /filename not specified \(see --filename or -f\)/,
  );
});
