// What the named conditions of checks mean, in Kubernetes' terms. Pure functions of what the API server said.
// They get whatever a lesson hands them, null included, and answer no rather than fail.

import type { Predicate } from '../../protocol/cel.ts';
import { figure, figures } from './figures.ts';
import { at, items, type Json } from './json.ts';
import { labelled, mergedRule, proxied, rulesFor, yaml } from './mesh-predicates.ts';

/** CEL's integers are bigint, JSON's are numbers. */
function count(value: Json): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

function hasCondition(object: Json, type: string): boolean {
  return items(at(object, 'status', 'conditions')).some(
    (condition) => at(condition, 'type') === type && at(condition, 'status') === 'True',
  );
}

/** Replicas default to one when the field is absent, as in the Deployment's API reference. */
function wanted(deployment: Json): number {
  const replicas = at(deployment, 'spec', 'replicas');
  return deployment === null || deployment === undefined
    ? 0
    : replicas === undefined
      ? 1
      : count(replicas);
}

/** Source: `kubectl rollout status`: the spec is observed, no old copy is left, every new one is available. */
function rolled(deployment: Json): boolean {
  if (deployment === null || deployment === undefined) return false;
  const status = at(deployment, 'status');
  const desired = wanted(deployment);
  return (
    count(at(status, 'observedGeneration')) >= count(at(deployment, 'metadata', 'generation')) &&
    count(at(status, 'updatedReplicas')) === desired &&
    count(at(status, 'replicas')) === desired &&
    count(at(status, 'availableReplicas')) === desired
  );
}

function readyEndpoints(slices: Json, service: Json): number {
  const addresses = items(slices)
    .filter((slice) => at(slice, 'metadata', 'labels', 'kubernetes.io/service-name') === service)
    .flatMap((slice) => items(at(slice, 'endpoints')))
    // An endpoint whose readiness is not said counts as ready: the EndpointSlice API reference.
    .filter((endpoint) => at(endpoint, 'conditions', 'ready') !== false)
    .flatMap((endpoint) => items(at(endpoint, 'addresses')));
  return new Set(addresses).size;
}

/** Source: Istio's injection template: `istio-proxy` is a restartable init container, or a plain container when classic. */
function injected(pod: Json): boolean {
  const named = (list: Json) =>
    items(list).find((container) => at(container, 'name') === 'istio-proxy');
  const native = named(at(pod, 'spec', 'initContainers'));
  if (native && at(native, 'restartPolicy') === 'Always') {
    return at(named(at(pod, 'status', 'initContainerStatuses')), 'ready') === true;
  }
  return (
    named(at(pod, 'spec', 'containers')) !== undefined &&
    at(named(at(pod, 'status', 'containerStatuses')), 'ready') === true
  );
}

function total(samples: Json): number {
  return items(samples).reduce<number>(
    (sum, one) => sum + (typeof one === 'number' ? one : Number(at(one, 'value'))),
    0,
  );
}

/** As CEL calls them: integers go back as bigint, doubles as number. */
export const implementations: Record<Predicate, (...values: Json[]) => Json> = {
  ready: (object) => hasCondition(object, 'Ready'),
  live: (list) =>
    items(list).filter((object) => at(object, 'metadata', 'deletionTimestamp') === undefined),
  rolled: (deployment) => rolled(deployment),
  wanted: (deployment) => BigInt(wanted(deployment)),
  available: (deployment) => BigInt(count(at(deployment, 'status', 'availableReplicas'))),
  readyEndpoints: (slices, service) => BigInt(readyEndpoints(slices, service)),
  injected: (pod) => injected(pod),
  total: (samples) => total(samples),
  figure: (text, label) => figure(text, label),
  figures: (text, label) => figures(text, label),
  proxied: (pod) => proxied(pod),
  labelled: (list, labels) => labelled(list, labels),
  rulesFor: (list, host) => rulesFor(list, host),
  mergedRule: (list, host) => mergedRule(list, host),
  yaml: (text) => yaml(text),
};
