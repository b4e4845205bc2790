// kubernetes_sd_configs: targets of a role, as the watched objects are now. Jobs that look at the same objects share a watch.

import { type Resource, asKind } from '../../controllers/kinds.ts';
import type { KubeObject } from '../../object.ts';
import type { Clock } from '../../clock.ts';
import type { KubernetesDiscovery, Role } from '../configuration/configuration.ts';
import type { Labels } from '../labels.ts';
import type { Log } from '../log.ts';
import { type KubernetesApi, WatchedObjects } from './kubernetes-api.ts';
import {
  endpointSliceTargets,
  endpointsTargets,
  nodeTargets,
  podTargets,
  serviceTargets,
} from './target-labels.ts';

interface Kind {
  resource: Resource;
  /** Of all namespaces. */
  path: string;
  namespaced: boolean;
}

const PODS: Kind = { resource: 'pods', path: '/api/v1/pods', namespaced: true };
const SERVICES: Kind = { resource: 'services', path: '/api/v1/services', namespaced: true };
const ENDPOINTS: Kind = { resource: 'endpoints', path: '/api/v1/endpoints', namespaced: true };
const SLICES: Kind = {
  resource: 'endpointslices.discovery.k8s.io',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  namespaced: true,
};
const NODES: Kind = { resource: 'nodes', path: '/api/v1/nodes', namespaced: false };

/** What each role watches, the kind its targets come from first. */
const WATCHES: Readonly<Record<Role, readonly [Kind, ...Kind[]] | undefined>> = {
  pod: [PODS],
  service: [SERVICES],
  endpoints: [ENDPOINTS, SERVICES, PODS],
  endpointslice: [SLICES, SERVICES, PODS],
  node: [NODES],
  ingress: undefined,
};

export interface DiscoveryOptions {
  api: KubernetesApi;
  clock: Clock;
  log: Log;
  changed: () => void;
  signal: AbortSignal;
}

/** All watches of one Prometheus. */
export class ClusterDiscovery {
  readonly #options: DiscoveryOptions;
  readonly #watches = new Map<string, WatchedObjects>();
  /** Targets of an object as it is: objects are replaced, never changed. */
  readonly #made = new WeakMap<KubeObject, Labels[]>();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  targets(discovery: KubernetesDiscovery): Labels[] {
    const kinds = WATCHES[discovery.role];
    if (!kinds) return [];
    const [main] = kinds;
    const all = this.#objects(main, discovery);
    const others = kinds.slice(1).map((kind) => ({ kind, list: this.#objects(kind, discovery) }));
    const list = (kind: Kind) => others.find((other) => other.kind === kind)?.list ?? [];
    switch (main) {
      case PODS:
        return all.flatMap((each) => this.#once(each, () => podTargets(asKind('pods', each))));
      case SERVICES:
        return all.flatMap((each) =>
          this.#once(each, () => serviceTargets(asKind('services', each))),
        );
      case NODES:
        return all.flatMap((each) => this.#once(each, () => nodeTargets(asKind('nodes', each))));
      default: {
        const around = surroundings(list(SERVICES), list(PODS));
        return all.flatMap((each) =>
          main === SLICES
            ? endpointSliceTargets(asKind('endpointslices.discovery.k8s.io', each), around(each))
            : endpointsTargets(asKind('endpoints', each), around(each)),
        );
      }
    }
  }

  #once(object: KubeObject, make: () => Labels[]): Labels[] {
    let made = this.#made.get(object);
    if (!made) this.#made.set(object, (made = make()));
    return made;
  }

  #objects(kind: Kind, { namespaces, selectors, role }: KubernetesDiscovery): KubeObject[] {
    const places: readonly (string | undefined)[] =
      kind.namespaced && namespaces.length > 0 ? namespaces : [undefined];
    const selector = selectors.find((each) => each.role === role);
    const query: Record<string, string> = {};
    if (selector?.label) query['labelSelector'] = selector.label;
    if (selector?.field) query['fieldSelector'] = selector.field;
    return places.flatMap((namespace) => {
      const path =
        namespace === undefined
          ? kind.path
          : kind.path.replace(/\/(\w+)$/, `/namespaces/${namespace}/$1`);
      const key = `${path}?${JSON.stringify(query)}`;
      let watch = this.#watches.get(key);
      if (!watch) {
        watch = new WatchedObjects({ ...this.#options, path, query });
        this.#watches.set(key, watch);
      }
      return [...watch.objects];
    });
  }
}

function surroundings(services: readonly KubeObject[], pods: readonly KubeObject[]) {
  const byIp = new Map(
    pods.map((pod) => [asKind('pods', pod).status?.podIP ?? '', asKind('pods', pod)]),
  );
  const byName = new Map(
    services.map((each) => [
      `${each.metadata.namespace ?? ''}/${each.metadata.name}`,
      asKind('services', each),
    ]),
  );
  return ({ metadata }: KubeObject) => {
    const name = metadata.labels?.['kubernetes.io/service-name'] ?? metadata.name;
    return {
      service: byName.get(`${metadata.namespace ?? ''}/${name}`),
      podAt: (ip: string) => byIp.get(ip),
    };
  };
}
