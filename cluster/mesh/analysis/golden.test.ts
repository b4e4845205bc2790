// The analysis judged by a real istioctl's, on Istio's objects as it read them then: MESHPROOF_GOLDEN names the folder of the
// recordings. Kubernetes' own objects came as protobuf that the recording does not keep; they are written here as they were made.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubeObject } from '../../object.ts';
import { analyze } from './analysis.ts';
import { lineOf } from './messages.ts';

const folder = join(process.env['MESHPROOF_GOLDEN'] ?? '', 'istio');
const judged = process.env['MESHPROOF_GOLDEN'] !== undefined && existsSync(folder);

interface Recorded {
  argv: string[];
  stdout: string;
  withheld?: boolean;
  http: { stream?: { event?: { type: string; object: KubeObject } }[] }[];
}

/** Istio's objects, as the watches that istioctl opened told them. */
function istioObjects({ http }: Recorded): KubeObject[] {
  return http
    .flatMap(({ stream = [] }) => stream)
    .flatMap(({ event }) => (event?.type === 'ADDED' ? [event.object] : []))
    .filter(({ apiVersion }) => apiVersion.includes('istio.io/'));
}

const made = (apiVersion: string, kind: string, metadata: object, spec: object = {}) =>
  ({ apiVersion, kind, metadata, spec }) as KubeObject;

/** What `kubectl create deployment`, `expose` and `label namespace` had made when this step was recorded. */
function coreObjects(step: number): KubeObject[] {
  const injects = step >= 14;
  const labels = injects ? { 'istio-injection': 'enabled' } : {};
  const initContainers = injects ? [{ name: 'istio-init' }, { name: 'istio-proxy' }] : [];
  const staging = made('v1', 'Namespace', { name: 'staging', labels });
  const apps = ['frontend', 'backend'].flatMap((app) => [
    made(
      'v1',
      'Service',
      { name: app, namespace: 'default', labels: { app } },
      { selector: { app }, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] },
    ),
    made(
      'apps/v1',
      'Deployment',
      { name: app, namespace: 'default' },
      { template: { metadata: { labels: { app } }, spec: { containers: [{ name: app }] } } },
    ),
    made(
      'v1',
      'Pod',
      { name: `${app}-1`, namespace: 'default', labels: { app } },
      { containers: [{ name: app }], initContainers },
    ),
  ]);
  return [
    made('v1', 'Namespace', { name: 'default', labels }),
    made('v1', 'Namespace', { name: 'istio-system' }),
    ...(step >= 33 ? [staging] : []),
    ...apps,
  ];
}

const steps = judged
  ? readdirSync(folder).filter((file) => /^\d+-analyze-(?!json|file)/.test(file))
  : [];

if (!judged)
  test('a real analysis is repeated', {
    skip: 'not judged here: MESHPROOF_GOLDEN names no folder',
  });

for (const file of steps) {
  const recorded = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recorded;
  if (recorded.withheld) continue;
  test(`${file} says what istioctl said`, () => {
    const { argv } = recorded;
    const at = argv.indexOf('-n');
    const messages = analyze({
      objects: [...coreObjects(Number(file.slice(0, 3))), ...istioObjects(recorded)],
      ...(argv.includes('-A') ? {} : { namespace: at < 0 ? 'default' : (argv[at + 1] ?? '') }),
    });
    assert.deepEqual(
      messages.map((each) => lineOf(each)),
      recorded.stdout.split('\n').filter(Boolean),
    );
  });
}
