// The scale of a workload: its replicas, alone, in one form for every kind that has them.
// Source: autoscaling/v1 Scale of the API reference.

import type { KubeObject } from '../../object.ts';
import { invalid as invalidField } from '../../schema/field-errors.ts';
import { at, numberOf } from '../../schema/fields.ts';
import type { ConformSource, ScaleDefinition, VersionDefinition } from '../../schema/resource.ts';
import { openSchema } from '../../schema/bundle.ts';
import { typeNameOf } from '../../schema/type-names.ts';
import { copyOf } from '../../copy.ts';
import { conformed, fieldValidation, isDryRun, typedBody } from '../bodies.ts';
import { managedAfterScale } from '../fields/managed-fields.ts';
import type { Objects } from '../objects.ts';
import { readPatch } from '../patching.ts';
import { encodedReply } from '../reply.ts';
import type { ResourceContext } from '../resource-routes.ts';
import { requireSameName } from '../resource-routes.ts';
import { StatusError, conflict, invalid, methodNotAllowed, notFound } from '../status.ts';
import type { ServedKind, World } from '../world.ts';
import type { SubresourceHandler } from './subresource.ts';

const TYPE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const TYPE_NAME = typeNameOf(TYPE.group, TYPE.version, TYPE.kind);
/** Where the replicas are, for their ownership. */
const REPLICAS = ['spec', 'replicas'];

export function scaleHandler(world: World, objects: Objects): SubresourceHandler {
  return async (context, view) => {
    const { kind, namespace, info } = context;
    const { scale } = kind.definition;
    if (!scale) throw notFound(kind.definition, info.name);
    const { encoding } = view.representation;
    const stored = objects.get(kind, namespace, info.name);
    if (info.verb === 'get') return encodedReply(JSON.stringify(scaleOf(scale, stored)), encoding);
    const change = changeOf(world, context);
    const optionsKind = info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions';
    const caller = {
      ...context.caller,
      dryRun: isDryRun(context.request.query.getAll('dryRun'), optionsKind),
    };
    const written = await objects.update(
      kind,
      { namespace, name: info.name },
      (current) => {
        if (!current) throw notFound(kind.definition, info.name);
        const present = scaleOf(scale, current);
        const wanted = change(present);
        const { resourceVersion } = wanted.metadata;
        if (resourceVersion && resourceVersion !== current.metadata.resourceVersion)
          throw conflict(kind.definition, info.name);
        const replicas = numberOf(at(wanted, 'spec', 'replicas')) ?? 0;
        refuseNegative(replicas, info.name);
        if (replicas === scale.replicas(current)) return { object: undefined };
        const draft = copyOf(current);
        scale.setReplicas(draft, replicas);
        const managedFields = managedAfterScale(current, REPLICAS, caller.fieldManager);
        return { object: draft, managedFields };
      },
      caller,
      { retry: true },
    );
    return encodedReply(JSON.stringify(scaleOf(scale, written.object)), encoding);
  };
}

/** The scale the request asks for, made of the present one. */
function changeOf(world: World, context: ResourceContext): (present: KubeObject) => KubeObject {
  const { request, info, caller, namespace } = context;
  if (info.verb === 'update') {
    const wanted = typedBody(world, request, TYPE, caller);
    requireSameName(wanted, info.name);
    return () => wanted;
  }
  if (info.verb !== 'patch') throw methodNotAllowed();
  const target = { namespace, name: info.name, subresource: 'scale' };
  const validation = fieldValidation(request.query, 'PatchOptions');
  const patch = readPatch(
    world,
    request,
    scaleKind(world, context.kind),
    target,
    validation,
    caller,
  );
  return (present) => {
    const { object } = patch.apply(present);
    if (!object) throw new StatusError({ message: 'the patch left no scale', code: 500 });
    return object;
  };
}

/** Scale as a kind, for patches to be read by. */
function scaleKind(world: World, parent: ServedKind): ServedKind {
  const version: VersionDefinition = {
    version: TYPE.version,
    served: true,
    schema: openSchema,
    conform: (value: unknown, source: ConformSource) => conformed(world, TYPE_NAME, value, source),
  };
  return {
    version,
    definition: { ...parent.definition, ...TYPE, versions: [version], subresources: [] },
  };
}

export function scaleOf(scale: ScaleDefinition, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = scale.replicas(object);
  const selector = scale.selector(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: scale.statusReplicas(object),
      ...(selector === '' ? {} : { selector }),
    },
  };
}

function refuseNegative(replicas: number, name: string): void {
  if (replicas >= 0) return;
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    invalidField('spec.replicas', replicas, 'must be greater than or equal to 0'),
  ]);
}
