// EnvoyFilter: that a patch says what it does to what. The Envoy configuration inside a patch is not judged.

import type { KubeObject } from '../../object.ts';
import { type Fields, fieldsOf, isFields, listOf, stringOf } from '../../schema/fields.ts';
import { Findings } from './findings.ts';
import { re2Problem, workloadSelector } from './names.ts';

export function envoyFilter(object: KubeObject): Findings {
  const spec = fieldsOf(object['spec']);
  const findings = new Findings().warning(
    'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.',
  );
  const selector = isFields(spec['workloadSelector']) ? spec['workloadSelector'] : undefined;
  const selected = workloadSelector(selector, 'labels');
  if (selected.errors.length > 0) return selected;
  for (const warning of selected.warnings)
    findings.warning(`Envoy filter: ${warning}, will be applied to all services in namespace`);
  for (const patch of listOf(spec['configPatches'])) findings.error(patchOf(patch));
  return findings;
}

const LISTENERS = ['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER'];
const ROUTES = ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE'];

function patchOf(configPatch: Fields): string | undefined {
  const match = fieldsOf(configPatch['match']);
  if (match['context'] === 'WAYPOINT') return undefined;
  const applyTo = stringOf(configPatch['applyTo']) || 'INVALID';
  if (applyTo === 'INVALID') return 'Envoy filter: missing applyTo';
  const { patch } = configPatch;
  if (!isFields(patch)) return 'Envoy filter: missing patch';
  const operation = stringOf(patch['operation']) || 'INVALID';
  if (operation === 'INVALID') return 'Envoy filter: missing patch operation';
  if (operation !== 'REMOVE' && patch['value'] === undefined)
    return 'Envoy filter: missing patch value for non-remove operation';
  const version = stringOf(fieldsOf(match['proxy'])['proxyVersion']);
  const problem = version === '' ? undefined : re2Problem(version);
  if (problem !== undefined)
    return `Envoy filter: invalid regex for proxy version, [error parsing regexp: ${problem}]`;
  return misfit(applyTo, match);
}

/** A match on one class of objects finds nothing in another. */
function misfit(applyTo: string, match: Fields): string | undefined {
  const given = ['listener', 'routeConfiguration', 'cluster'].filter((each) =>
    isFields(match[each]),
  );
  if (given.length === 0) return undefined;
  if (LISTENERS.includes(applyTo) && !given.includes('listener'))
    return 'Envoy filter: applyTo for listener class objects cannot have non listener match';
  if (ROUTES.includes(applyTo) && !given.includes('routeConfiguration'))
    return 'Envoy filter: applyTo for http route class objects cannot have non route configuration match';
  if (applyTo === 'CLUSTER' && !given.includes('cluster'))
    return 'Envoy filter: applyTo for cluster class objects cannot have non cluster match';
  return undefined;
}
