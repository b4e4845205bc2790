// DestinationRule: a host, its traffic policy and its subsets.

import type { KubeObject } from '../../object.ts';
import { fieldsOf, isFields, listOf, stringOf } from '../../schema/fields.ts';
import { subsetName } from './destination.ts';
import { Findings } from './findings.ts';
import { exportTo, labels, wildcardDomain, workloadSelector } from './names.ts';
import { trafficPolicy } from './traffic-policy.ts';

export function destinationRule(object: KubeObject): Findings {
  const findings = new Findings();
  const spec = fieldsOf(object['spec']);
  findings.error(wildcardDomain(stringOf(spec['host']))).add(trafficPolicy(spec['trafficPolicy']));
  const names = new Set<string>();
  for (const subset of listOf(spec['subsets'])) {
    const name = stringOf(subset['name']);
    if (names.has(name)) findings.error(`duplicate subset names: ${name}`);
    names.add(name);
    findings.error(subsetName(name)).add(labels(subset['labels']));
    // Warnings of a subset's policy are lost on the way, as in the original.
    findings.error(...trafficPolicy(subset['trafficPolicy']).errors);
  }
  const selector = isFields(spec['workloadSelector']) ? spec['workloadSelector'] : undefined;
  findings.add(exportTo(object, { selected: selector !== undefined }));
  return findings.add(workloadSelector(selector, 'matchLabels'));
}
