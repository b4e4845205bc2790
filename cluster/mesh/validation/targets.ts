// What a policy applies to: a selector of workloads, or references to Gateways and Services; one of them.

import { type Fields, isFields, listOf, stringOf } from '../../schema/fields.ts';
import { Findings } from './findings.ts';
import { workloadSelector } from './names.ts';

const ALLOWED = [
  'core/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
];

export function policyTargets(spec: Fields): Findings {
  const findings = new Findings();
  const selector = isFields(spec['selector']) ? spec['selector'] : undefined;
  const one = isFields(spec['targetRef']) ? [spec['targetRef']] : [];
  const many = listOf(spec['targetRefs']);
  const set = [selector !== undefined, one.length > 0, many.length > 0].filter(Boolean).length;
  if (set > 1) findings.error('only one of targetRefs or workloadSelector can be set');
  findings.add(workloadSelector(selector, 'matchLabels'));
  for (const reference of [...one, ...many]) findings.add(targetReference(reference));
  return findings;
}

function targetReference(reference: Fields): Findings {
  const findings = new Findings();
  const [group, kind] = [stringOf(reference['group']), stringOf(reference['kind'])];
  if (stringOf(reference['name']) === '') findings.error('targetRef name must be set');
  if (stringOf(reference['namespace']) !== '')
    findings.error(
      'targetRef namespace must not be set; cross namespace referencing is not supported',
    );
  if (!ALLOWED.includes(`${group || 'core'}/${kind}`))
    findings.error(
      `targetRef must be to one of [/v1/Service networking.istio.io/v1/ServiceEntry gateway.networking.k8s.io/v1/Gateway gateway.networking.k8s.io/v1/GatewayClass] but was ${group}/${kind}`,
    );
  return findings;
}
