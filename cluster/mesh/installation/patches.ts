// What a component's `k8s` settings change of its rendered objects, as strategic merge patches do for these fields: maps are
// joined, environment variables and containers go by name, other lists are replaced.
// Source: istio/istio operator/pkg/render/postprocess.go (fields and where they go).

import { type Fields, ensured, fieldsOf, isFields, listOf, stringOf } from '../../schema/fields.ts';
import type { Manifest } from './manifest.ts';
import { merge } from './merge.ts';

interface Target {
  /** The Deployment's and the Service's name. */
  name: string;
  container: string;
}

export function patched(objects: Manifest[], component: unknown, target: Target): Manifest[] {
  const k8s = fieldsOf(fieldsOf(component)['k8s']);
  if (Object.keys(k8s).length === 0) return objects;
  return objects.map((object) => {
    if (object.metadata.name !== target.name) return object;
    const copy = structuredClone(object);
    if (copy.kind === 'Deployment') patchDeployment(copy, k8s, target.container);
    if (copy.kind === 'Service') patchService(copy, k8s);
    return copy;
  });
}

function patchDeployment(object: Manifest, k8s: Fields, container: string): void {
  const spec = fieldsOf(object['spec']);
  const template = fieldsOf(spec['template']);
  const pod = fieldsOf(template['spec']);
  const own = listOf(pod['containers']).find((each) => stringOf(each['name']) === container);
  const join = (into: Fields, field: string, value: unknown) => {
    if (isFields(value)) merge(ensured(into, field), value);
    else if (value !== undefined) into[field] = value;
  };
  if (typeof k8s['replicaCount'] === 'number') spec['replicas'] = k8s['replicaCount'];
  join(spec, 'strategy', k8s['strategy']);
  if (isFields(k8s['podAnnotations']))
    merge(ensured(ensured(template, 'metadata'), 'annotations'), k8s['podAnnotations']);
  for (const field of [
    'affinity',
    'nodeSelector',
    'priorityClassName',
    'tolerations',
    'securityContext',
  ])
    join(pod, field, k8s[field]);
  if (!own) return;
  for (const field of ['imagePullPolicy', 'readinessProbe', 'resources'])
    join(own, field, k8s[field]);
  const env = listOf(k8s['env']);
  if (env.length === 0) return;
  const names = new Set(env.map(({ name }) => name));
  own['env'] = [...env, ...listOf(own['env']).filter(({ name }) => !names.has(name))];
}

function patchService(object: Manifest, k8s: Fields): void {
  if (isFields(k8s['serviceAnnotations']))
    merge(ensured(object.metadata as unknown as Fields, 'annotations'), k8s['serviceAnnotations']);
  if (isFields(k8s['service'])) merge(fieldsOf(object['spec']), k8s['service']);
}
