// Lets a controller hear of changes to the kinds it cares about, typed. What it hears it only notes in its queue.

import type { Cancel } from '../platform.ts';
import type { Change, Store } from '../store/store.ts';
import { type Kinds, type Resource, asKind } from './kinds.ts';

export interface KindChange<Kind> {
  type: Change['type'];
  /** After the change; what was deleted is as it last was. */
  object: Kind;
  previous: Kind | undefined;
}

type Listeners = { [R in Resource]?: (change: KindChange<Kinds[R]>) => void };

/** Tells each listener first of what is there already, as added, and then of each change. */
export function watchKinds(store: Store, listeners: Listeners): Cancel {
  const tell = <R extends Resource>(resource: R, change: Omit<Change, 'revision'>) => {
    const listener = listeners[resource];
    listener?.({
      type: change.type,
      object: asKind(resource, change.object),
      previous: change.previous && asKind(resource, change.previous),
    });
  };
  const resources = new Set<string>(Object.keys(listeners));
  for (const resource of resources)
    for (const object of store.list(resource))
      tell(resource as Resource, { type: 'ADDED', resource, object });
  return store.onChange((change) => {
    if (resources.has(change.resource)) tell(change.resource as Resource, change);
  });
}
