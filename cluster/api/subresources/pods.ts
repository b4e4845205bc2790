// Subresources of pods that change one: binding to a node, and eviction.
// Source: "Assigning Pods to Nodes" and "API-initiated Eviction" of the Kubernetes documentation.

import type { KubeObject } from '../../object.ts';
import { type Fields, at, fieldsOf, listOf, stringOf } from '../../schema/fields.ts';
import { notSupported } from '../../schema/field-errors.ts';
import { timestamp } from '../../time.ts';
import { arranged } from '../arrange.ts';
import { isDryRun, typedBody } from '../bodies.ts';
import type { Deletion, Deletions } from '../deletion.ts';
import { type Reply, encodedReply } from '../reply.ts';
import { badRequest, conflict, fromStoreError, invalid, notFound, plainError } from '../status.ts';
import type { Caller, World } from '../world.ts';
import type { SubresourceHandler } from './subresource.ts';

const PODS = { group: '', resource: 'pods' };

export function bindingHandler(world: World): SubresourceHandler {
  return (context, view) => {
    const type = { group: '', version: 'v1', kind: 'Binding' };
    const binding = typedBody(world, context.request, type, context.caller);
    requireName(binding, context.info.name);
    const dryRun = isDryRun(context.request.query.getAll('dryRun'), 'CreateOptions');
    bind(world, context.namespace, context.info.name, binding, dryRun);
    return created(view.representation.encoding);
  };
}

function requireName({ kind, metadata }: KubeObject, name: string): void {
  if (metadata.name !== name) throw badRequest(`name in URL does not match name in ${kind} object`);
}

/** Writes the node into a pod that has none. Throws StatusError. */
export function bind(
  world: World,
  namespace: string | undefined,
  name: string,
  binding: KubeObject,
  dryRun: boolean,
): void {
  const target = fieldsOf(binding['target']);
  const kind = stringOf(target['kind']);
  if (kind !== '' && kind !== 'Node')
    throw invalid({ group: '', kind: 'Binding' }, binding.metadata.name ?? '', [
      notSupported('target.kind', kind, ['Node', '<empty>']),
    ]);
  const node = stringOf(target['name']);
  if (node === '') throw plainError('target.name: Required value');
  const pod = world.store.get('pods', namespace, name);
  if (!pod) throw notFound(PODS, name);
  const where = { group: '', resource: 'pods/binding' };
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(where, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  const present = stringOf(at(pod, 'spec', 'nodeName'));
  if (present !== '')
    throw conflict(where, name, `pod ${name} is already assigned to node "${present}"`);
  if (dryRun) return;
  try {
    world.store.update('pods', bound(pod, node, binding, timestamp(world.clock.now())));
  } catch (error) {
    throw fromStoreError(error, PODS);
  }
}

function bound(pod: KubeObject, node: string, binding: KubeObject, now: string): KubeObject {
  const status = fieldsOf(pod['status']);
  const others = listOf(status['conditions']).filter(({ type }) => type !== 'PodScheduled');
  const scheduled: Fields = {
    lastProbeTime: null,
    lastTransitionTime: now,
    status: 'True',
    type: 'PodScheduled',
  };
  const annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations };
  return arranged(
    {
      ...pod,
      metadata: {
        ...pod.metadata,
        ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      },
      spec: { ...fieldsOf(pod['spec']), nodeName: node },
      status: { ...status, conditions: [...others, scheduled] },
    },
    false,
  );
}

export function evictionHandler(world: World, deletions: Deletions): SubresourceHandler {
  return async (context, view) => {
    const { request, namespace, info, kind } = context;
    const type = { group: 'policy', version: 'v1', kind: 'Eviction' };
    const eviction = typedBody(world, request, type, context.caller);
    requireName(eviction, info.name);
    const options = fieldsOf(eviction['deleteOptions']);
    const caller: Caller = {
      ...context.caller,
      dryRun: isDryRun(
        Array.isArray(options['dryRun'])
          ? options['dryRun'].map(String)
          : request.query.getAll('dryRun'),
        'DeleteOptions',
      ),
    };
    await deletions.delete(kind, namespace, info.name, deletionIn(options), caller);
    return created(view.representation.encoding);
  };
}

function deletionIn(options: Fields): Deletion {
  const grace = options['gracePeriodSeconds'];
  const policy = options['propagationPolicy'];
  const preconditions = fieldsOf(options['preconditions']);
  const uid = stringOf(preconditions['uid']);
  const resourceVersion = stringOf(preconditions['resourceVersion']);
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(typeof policy === 'string' ? { propagationPolicy: policy } : {}),
    preconditions: {
      ...(uid === '' ? {} : { uid }),
      ...(resourceVersion === '' ? {} : { resourceVersion }),
    },
  };
}

function created(encoding: 'json' | 'yaml'): Reply {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return encodedReply(JSON.stringify(status), encoding, 201);
}
