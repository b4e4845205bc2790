// Kinds of which nothing is stored: their objects are worked out when they are asked for, or answer a question.
// Reviews are in authorization/reviews.ts; here they are routed.

import type { KubeObject } from '../object.ts';
import { groupResource } from '../schema/resource.ts';
import { listOptions, matches } from './listing.ts';
import { type Reply, encodedReply } from './reply.ts';
import { type ViewOptions, listText, objectText } from './representation.ts';
import type { ResourceContext } from './resource-routes.ts';
import { methodNotAllowed, notFound } from './status.ts';
import type { World } from './world.ts';

/** Objects that exist while somebody looks: component statuses, readings of metrics. */
export type Reading = (world: World, namespace: string | undefined) => KubeObject[];

/** Takes what was posted and answers it. */
export type Answering = (context: ResourceContext, world: World) => unknown;

export class VirtualKinds {
  readonly #world: World;
  readonly #readings: Readonly<Record<string, Reading>>;
  readonly #answers: Readonly<Record<string, Answering>>;

  constructor(
    world: World,
    readings: Readonly<Record<string, Reading>>,
    answers: Readonly<Record<string, Answering>>,
  ) {
    this.#world = world;
    this.#readings = readings;
    this.#answers = answers;
  }

  answer(context: ResourceContext, view: ViewOptions): Reply {
    const { info, kind, namespace, request } = context;
    const { definition } = kind;
    const { encoding } = view.representation;
    const resource = groupResource(definition.group, definition.resource);
    if (info.verb === 'create') {
      const answering = this.#answers[resource];
      if (!answering) throw methodNotAllowed();
      return encodedReply(JSON.stringify(answering(context, this.#world)), encoding, 201);
    }
    const objects = this.read(resource, namespace);
    if (info.verb === 'get') {
      const found = objects.find(({ metadata }) => metadata.name === info.name);
      if (!found) throw notFound(definition, info.name);
      return encodedReply(objectText(kind, found, view), encoding);
    }
    const options = listOptions(request.query, namespace, definition, false);
    const selected = objects.filter((object) => matches(options, object, definition));
    return encodedReply(listText(kind, selected, { resourceVersion: '' }, view), encoding);
  }

  read(resource: string, namespace: string | undefined): KubeObject[] {
    return this.#readings[resource]?.(this.#world, namespace) ?? [];
  }
}
