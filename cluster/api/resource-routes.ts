// Requests for resources, verb by verb: reads options and bodies, calls what does the work, and words the answer.
// Knows HTTP and the shape of paths; knows no kinds by name.

import type { KubeObject } from '../object.ts';
import type { ResourceDefinition, SubresourceDefinition } from '../schema/resource.ts';
import { deletionOf, fieldValidation, isDryRun, objectBody } from './bodies.ts';
import type { Deletion, Deletions } from './deletion.ts';
import type { ApiRequest } from './http.ts';
import { listOptions, listPage, parseRevision } from './listing.ts';
import { negotiate } from './negotiation.ts';
import type { Objects, UpdateOptions } from './objects.ts';
import { readPatch } from './patching.ts';
import type { ResourceRequest } from './request-info.ts';
import { type Reply, encodedReply, pageNotFound, statusReply, streamReply } from './reply.ts';
import { type ViewOptions, listText, objectText, parseIncludeObject } from './representation.ts';
import {
  badRequest,
  isNotFound,
  methodNotAllowed,
  success,
  tooLargeResourceVersion,
  unsupportedMethod,
} from './status.ts';
import type { SubresourceHandlers } from './subresources/subresource.ts';
import type { VirtualKinds } from './virtual-kinds.ts';
import type { Watches } from './watch.ts';
import type { Caller, ServedKind, World } from './world.ts';

export interface ResourceContext {
  request: ApiRequest;
  info: ResourceRequest;
  kind: ServedKind;
  caller: Caller;
  namespace: string | undefined;
}

/** A read at a version that is still to come waits this long for it, in real milliseconds. */
const FUTURE_LIST_MS = 3_000;

/** Kinds that a PUT creates where nothing is. Source: their strategies' AllowCreateOnUpdate, seen as 201 answers. */
const CREATED_BY_PUT = new Set([
  'events',
  'endpoints',
  'leases.coordination.k8s.io',
  'limitranges',
  'podtemplates',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
]);

export interface ResourceParts {
  world: World;
  objects: Objects;
  deletions: Deletions;
  watches: Watches;
  subresources: SubresourceHandlers;
  virtual: VirtualKinds;
}

export class ResourceRoutes {
  readonly #parts: ResourceParts;

  constructor(parts: ResourceParts) {
    this.#parts = parts;
  }

  /** The kind a request is about; undefined where nothing is served under its path. */
  find(info: ResourceRequest): ServedKind | undefined {
    const definition = this.#parts.world.registry.find(info.group, info.resource);
    const version = definition?.versions.find((each) => each.version === info.version);
    if (!definition || !version?.served) return undefined;
    const { namespaced } = definition;
    if (!namespaced && info.namespace !== '' && info.resource !== 'namespaces') return undefined;
    if (namespaced && info.namespace === '' && info.name !== '') return undefined;
    return { definition, version };
  }

  async answer(context: ResourceContext): Promise<Reply> {
    const { info, kind } = context;
    const { definition } = kind;
    if (info.subresource !== '') {
      const sub = definition.subresources.find(({ name }) => name === info.subresource);
      if (!sub) return pageNotFound();
      return this.#subresource(context, sub);
    }
    this.#requireMethod(context.request.method, info, definition);
    if (definition.virtual) return this.#parts.virtual.answer(context, this.#view(context));
    switch (info.verb) {
      case 'get':
        return this.#get(context);
      case 'list':
        return this.#list(context);
      case 'watch':
        return this.#watch(context);
      case 'create':
        return this.#create(context);
      case 'update':
        return this.#update(context, undefined);
      case 'patch':
        return this.#patch(context, undefined);
      case 'delete':
        return this.#delete(context);
      case 'deletecollection':
        return this.#deleteCollection(context);
      case 'head':
      case 'options':
      case '':
        throw methodNotAllowed();
    }
  }

  #requireMethod(method: string, info: ResourceRequest, definition: ResourceDefinition): void {
    const onItem = info.name !== '';
    const fits =
      info.verb === 'create'
        ? !onItem && (info.namespace !== '' || !definition.namespaced)
        : info.verb === 'update' || info.verb === 'patch'
          ? onItem
          : info.verb === 'deletecollection'
            ? info.namespace !== '' || !definition.namespaced
            : info.verb !== '';
    if (fits && definition.verbs.includes(info.verb)) return;
    if (definition.custom && method !== 'OPTIONS')
      throw unsupportedMethod(definition, info.verb || method.toLowerCase());
    throw methodNotAllowed();
  }

  #view({ request }: ResourceContext): ViewOptions {
    return {
      representation: negotiate(request.headers['accept']),
      includeObject: parseIncludeObject(request.query.get('includeObject')),
      now: this.#parts.world.clock.now(),
    };
  }

  #object(context: ResourceContext, stored: KubeObject, status = 200): Reply {
    const view = this.#view(context);
    return encodedReply(
      objectText(context.kind, stored, view),
      view.representation.encoding,
      status,
    );
  }

  async #get(context: ResourceContext): Promise<Reply> {
    const { kind, namespace, info, request } = context;
    // The form is agreed on before the object is looked for.
    this.#view(context);
    await this.#notOlderThan(request.query.get('resourceVersion') ?? '', context);
    return this.#object(context, this.#parts.objects.get(kind, namespace, info.name));
  }

  async #list(context: ResourceContext): Promise<Reply> {
    const { kind, namespace, request } = context;
    const view = this.#view(context);
    const options = listOptions(request.query, namespace, kind.definition, false);
    const { store } = this.#parts.world;
    await this.#notOlderThan(options.resourceVersion, context);
    const page = listPage(store, kind.definition, options);
    return encodedReply(
      listText(kind, page.objects, page.meta, view),
      view.representation.encoding,
    );
  }

  /** Any revision will do for "0", the newest is read for none: both are at hand. */
  async #notOlderThan(resourceVersion: string, context: ResourceContext): Promise<void> {
    if (resourceVersion === '' || resourceVersion === '0') return;
    await this.#reach(parseRevision(resourceVersion), context);
  }

  /** Waits a little for a revision that is still to come. Throws 504 when it does not. */
  async #reach(revision: number, { request }: ResourceContext): Promise<void> {
    const { store, clock } = this.#parts.world;
    if (revision <= store.revision) return;
    const arrived = new AbortController();
    const stop = store.onChange(() => {
      if (store.revision >= revision) arrived.abort();
    });
    try {
      const waiting = AbortSignal.any([arrived.signal, request.signal]);
      await clock.sleep(FUTURE_LIST_MS * clock.speed, waiting);
    } catch (error) {
      // Only its own signals end the wait early.
      if (!arrived.signal.aborted && !request.signal.aborted) throw error;
    } finally {
      stop();
    }
    if (revision > store.revision) throw tooLargeResourceVersion(String(revision), store.revision);
  }

  #watch(context: ResourceContext): Reply {
    const { kind, namespace, request, info } = context;
    const { representation, includeObject } = this.#view(context);
    const options = listOptions(request.query, namespace, kind.definition, true);
    const chunks = this.#parts.watches.open({
      kind,
      options:
        info.name === ''
          ? options
          : {
              ...options,
              fields: [
                ...options.fields,
                { field: 'metadata.name', equal: true, value: info.name },
              ],
            },
      view: { representation: { ...representation, encoding: 'json' }, includeObject },
      signal: request.signal,
    });
    return streamReply(chunks, 'application/json');
  }

  async #create(context: ResourceContext): Promise<Reply> {
    const { kind, namespace, request } = context;
    this.#view(context);
    const { world, objects } = this.#parts;
    const caller = this.#caller(context, request.query.getAll('dryRun'), 'CreateOptions');
    const validation = fieldValidation(request.query, 'CreateOptions');
    const draft = objectBody(world, request, kind, validation, caller);
    this.#tellUnsimulated(kind, caller);
    const stored = await objects.create(kind, namespace, draft, caller);
    return this.#object(context, stored, 201);
  }

  async #update(context: ResourceContext, subresource: string | undefined): Promise<Reply> {
    const { kind, namespace, request, info } = context;
    this.#view(context);
    const { world, objects } = this.#parts;
    const caller = this.#caller(context, request.query.getAll('dryRun'), 'UpdateOptions');
    const validation = fieldValidation(request.query, 'UpdateOptions');
    const draft = objectBody(world, request, kind, validation, caller);
    requireSameName(draft, info.name);
    const { storedAs } = kind.definition;
    const options: UpdateOptions = {
      create: CREATED_BY_PUT.has(storedAs),
      retry: !draft.metadata.resourceVersion,
    };
    const written = await objects.update(
      kind,
      { namespace, name: info.name, subresource },
      () => ({ object: { ...draft, metadata: { ...draft.metadata } } }),
      caller,
      options,
    );
    return this.#object(context, written.object, written.created ? 201 : 200);
  }

  async #patch(context: ResourceContext, subresource: string | undefined): Promise<Reply> {
    const { kind, namespace, request, info } = context;
    this.#view(context);
    const { world, objects } = this.#parts;
    const caller = this.#caller(context, request.query.getAll('dryRun'), 'PatchOptions');
    const target = { namespace, name: info.name, subresource };
    const validation = fieldValidation(request.query, 'PatchOptions');
    const patch = readPatch(world, request, kind, target, validation, caller);
    const written = await objects.update(kind, target, (current) => patch.apply(current), caller, {
      create: patch.creates,
      retry: true,
    });
    return this.#object(context, written.object, written.created ? 201 : 200);
  }

  async #delete(context: ResourceContext): Promise<Reply> {
    const { kind, namespace, request, info } = context;
    const { world, deletions } = this.#parts;
    const { definition } = kind;
    const options = deletionOf(world, request);
    const caller = this.#caller(context, options.dryRun, 'DeleteOptions');
    const deleted = await deletions.delete(kind, namespace, info.name, options, caller);
    const status = deleted.gone ? 200 : notYet(options);
    if (!deleted.gone || definition.returnsDeleted)
      return this.#object(context, deleted.object, status);
    return statusReply(
      success({
        name: info.name,
        ...(definition.group === '' ? {} : { group: definition.group }),
        kind: definition.resource,
        uid: deleted.object.metadata.uid,
      }),
    );
  }

  async #deleteCollection(context: ResourceContext): Promise<Reply> {
    const { kind, namespace, request } = context;
    const { world, deletions } = this.#parts;
    const view = this.#view(context);
    const selection = listOptions(request.query, namespace, kind.definition, false);
    const options = deletionOf(world, request);
    const caller = this.#caller(context, options.dryRun, 'DeleteOptions');
    const page = listPage(world.store, kind.definition, selection);
    const deleted: KubeObject[] = [];
    for (const { metadata } of page.objects) {
      try {
        const { object } = await deletions.delete(
          kind,
          metadata.namespace,
          metadata.name,
          options,
          caller,
        );
        deleted.push(object);
      } catch (error) {
        if (!isNotFound(error)) throw error; // Gone meanwhile: that is what was asked for.
      }
    }
    return encodedReply(listText(kind, deleted, page.meta, view), view.representation.encoding);
  }

  async #subresource(context: ResourceContext, sub: SubresourceDefinition): Promise<Reply> {
    const { info } = context;
    const verb = info.verb;
    if (!sub.verbs.includes(verb)) {
      if (context.kind.definition.custom) throw unsupportedMethod(context.kind.definition, verb);
      throw methodNotAllowed();
    }
    const handler = this.#parts.subresources.find(context.kind.definition, sub.name);
    if (handler) return handler(context, this.#view(context));
    if (verb === 'get') return this.#get(context);
    if (verb === 'update') return this.#update(context, sub.name);
    if (verb === 'patch') return this.#patch(context, sub.name);
    throw methodNotAllowed();
  }

  #caller(context: ResourceContext, dryRun: readonly string[], optionsKind: string): Caller {
    return { ...context.caller, dryRun: isDryRun(dryRun, optionsKind) };
  }

  /** Honest about kinds that are kept but that nothing acts on. */
  #tellUnsimulated({ definition }: ServedKind, caller: Caller): void {
    if (!definition.simulated)
      caller.warn(
        `this cluster keeps ${definition.resource} but does not simulate them: nothing will act on this object`,
      );
  }
}

/** An answer to "delete what depends on it first" says that it is only begun. */
function notYet(options: Deletion): number {
  const waits = options.propagationPolicy === 'Foreground' || options.orphanDependents === false;
  return waits ? 202 : 200;
}

export function requireSameName(draft: KubeObject, name: string): void {
  const given = draft.metadata.name ?? '';
  if (given !== name)
    throw badRequest(
      `the name of the object (${given}) does not match the name on the URL (${name})`,
    );
}
