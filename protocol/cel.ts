// The words a check's conditions may use beside CEL's own: declared here, so that the build can find a wrong one;
// what they mean is written once, in server/checks/predicates.ts.

import type { Input } from './check.ts';

/** Name → signature, as CEL declares functions. */
export const predicates = {
  /** A pod or node whose Ready condition is True. */
  ready: 'ready(dyn): bool',
  /** Those of a list that are not being deleted. */
  live: 'live(list): list',
  /** A Deployment whose every copy is new and available. */
  rolled: 'rolled(dyn): bool',
  /** Copies a Deployment asks for. */
  wanted: 'wanted(dyn): int',
  /** Copies of a Deployment that are available. */
  available: 'available(dyn): int',
  /** Ready endpoints of the Service of that name, from a list of EndpointSlices. */
  readyEndpoints: 'readyEndpoints(list, string): int',
  /** A pod that runs Istio's proxy, as a native or a classic sidecar, and whose proxy is ready. */
  injected: 'injected(dyn): bool',
  /** Samples of a PromQL answer, or figures, added up; 0 when there are none, or no Prometheus. */
  total: 'total(dyn): double',
  /** The number behind a label in a text: `figure(report, 'Total: $')`. No number, which equals nothing, when there is none. */
  figure: 'figure(dyn, string): double',
  /** The numbers behind a label, one for each line that has it. */
  figures: 'figures(dyn, string): list<double>',
  /** A pod that was given Istio's proxy, ready or not. */
  proxied: 'proxied(dyn): bool',
  /** Those of a list that wear all of these labels: `labelled(pods, {'version': 'v2'})`. */
  labelled: 'labelled(list, dyn): list',
  /** VirtualServices or DestinationRules that speak for a host, by its full name; the one that counts first. */
  rulesFor: 'rulesFor(list, string): list',
  /** What the DestinationRules of a host come to together: `subsets` and `trafficPolicy`; null when there are none. */
  mergedRule: 'mergedRule(list, string): dyn',
  /** What a text of YAML says; null when it is none. */
  yaml: 'yaml(dyn): dyn',
} as const satisfies Record<string, string>;

export type Predicate = keyof typeof predicates;

/** The CEL type of an input's name. `dyn` where null stands for "does not exist". */
export function celTypeOf(input: Input): 'dyn' | 'list<dyn>' | 'list<string>' {
  if ('objects' in input || 'receipt' in input) return 'list<dyn>';
  if ('log' in input) return 'list<string>';
  return 'dyn';
}
