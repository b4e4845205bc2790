// What is in the namespace and had no traffic in the window.

import type { Party } from '../identity.ts';
import { UNKNOWN, identify, serviceParty } from '../identity.ts';
import { type TrafficMap, newNode } from '../traffic-map.ts';
import type { NamespaceAppender } from '../world.ts';

export const idleNodes: NamespaceAppender = (map, world, namespace) => {
  const { options, cluster, inventory } = world;
  if (options.graphType === 'service' || options.injectServiceNodes)
    for (const { metadata } of inventory.services(namespace))
      addIdle(map, serviceParty(cluster, namespace, metadata.name));
  if (options.graphType === 'service') return;
  for (const { name, app, version } of inventory.workloads(namespace))
    addIdle(map, {
      cluster,
      namespace,
      workload: name,
      app: app ?? UNKNOWN,
      version: version ?? UNKNOWN,
      service: '',
      serviceNamespace: '',
    });
};

function addIdle(map: TrafficMap, party: Party): void {
  const identity = identify(map.graphType, party);
  if (!identity || map.nodes.has(identity.key)) return;
  const node = newNode(map.graphType, identity, party);
  node.marks.isIdle = true;
  map.nodes.set(identity.key, node);
}
