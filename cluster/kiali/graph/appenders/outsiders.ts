// What lies outside the namespaces asked for, and what Kiali cannot look into.

import { UNKNOWN } from '../identity.ts';
import { isEgress } from '../traffic-map.ts';
import { type Finalizer, isAccessible } from '../world.ts';

export const outsiders: Finalizer = (map, world) => {
  for (const node of map.nodes.values()) {
    const { type, namespace, marks } = node;
    const nowhere =
      type === 'unknown' || (type === 'service' && (namespace === UNKNOWN || isEgress(node)));
    if (nowhere || !isAccessible(world, node)) marks.isInaccessible = true;
    if (!nowhere && namespace !== UNKNOWN && !world.options.namespaces.includes(namespace))
      marks.isOutside = true;
  }
};
