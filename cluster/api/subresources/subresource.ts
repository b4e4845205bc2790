// Subresources that are more than a part of their object, found by kind and name.

import { type ResourceDefinition, groupResource } from '../../schema/resource.ts';
import type { Reply } from '../reply.ts';
import type { ViewOptions } from '../representation.ts';
import type { ResourceContext } from '../resource-routes.ts';

export type SubresourceHandler = (
  context: ResourceContext,
  view: ViewOptions,
) => Reply | Promise<Reply>;

export class SubresourceHandlers {
  readonly #handlers: Readonly<Record<string, SubresourceHandler>>;

  /** @param handlers by `pods/log`, or `*` for any kind: `*` + `/scale`. */
  constructor(handlers: Readonly<Record<string, SubresourceHandler>>) {
    this.#handlers = handlers;
  }

  find(definition: ResourceDefinition, name: string): SubresourceHandler | undefined {
    const resource = groupResource(definition.group, definition.resource);
    return this.#handlers[`${resource}/${name}`] ?? this.#handlers[`*/${name}`];
  }
}
