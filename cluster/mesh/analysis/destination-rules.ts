// DestinationRules for hosts that do not exist, with subsets of no pod, or with TLS that trusts anybody.

import type { KubeObject } from '../../object.ts';
import { at, isFields, listOf, numberOf, stringMapOf, stringOf } from '../../schema/fields.ts';
import { type Message, message } from './messages.ts';
import { fullName, namespaceOf, selects, specOf, type Subjects } from './subjects.ts';

/** What the rule alone shows. */
export function destinationRuleMessages(subjects: Subjects): Message[] {
  return subjects.of('DestinationRule').flatMap(unverified);
}

/** What it means for Services and pods. */
export function subsetMessages(subjects: Subjects): Message[] {
  return subjects.of('DestinationRule').flatMap((rule) => subsets(rule, subjects));
}

function subsets(rule: KubeObject, subjects: Subjects): Message[] {
  const spec = specOf(rule);
  const given = stringOf(spec['host']);
  const host = subjects.hostFor(namespaceOf(rule), given);
  if (!host)
    return [
      message(
        'IST0174',
        rule,
        `The host ${given} defined in the DestinationRule does not match any services in the mesh.`,
      ),
    ];
  return listOf(spec['subsets'])
    .filter((subset) => {
      const labels = { ...host.selector, ...stringMapOf(subset['labels']) };
      return !subjects.of('Pod').some(({ metadata }) => selects(labels, metadata.labels));
    })
    .map((subset) =>
      message(
        'IST0173',
        rule,
        `The Subset ${stringOf(subset['name'])} defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).`,
      ),
    );
}

function unverified(rule: KubeObject): Message[] {
  const spec = specOf(rule);
  const host = stringOf(spec['host']);
  const mode = (tls: unknown) => {
    if (!isFields(tls) || stringOf(tls['caCertificates']) !== '') return undefined;
    if (stringOf(tls['credentialName']) !== '' && isFields(spec['workloadSelector']))
      return undefined;
    return tls['mode'] === 'SIMPLE' || tls['mode'] === 'MUTUAL' ? tls['mode'] : undefined;
  };
  const words = (named: string) =>
    `DestinationRule ${fullName(rule)} in namespace ${namespaceOf(rule)} has TLS mode set to ${named} but no caCertificates are set to validate server identity for host: ${host}`;
  const messages: Message[] = [];
  const whole = mode(at(spec, 'trafficPolicy', 'tls'));
  if (whole !== undefined) messages.push(message('IST0128', rule, words(whole)));
  for (const port of listOf(at(spec, 'trafficPolicy', 'portLevelSettings'))) {
    const one = mode(port['tls']);
    if (one === undefined) continue;
    const number = numberOf(at(port, 'port', 'number')) ?? 0;
    messages.push(message('IST0129', rule, `${words(one)} at port number:${number}`));
  }
  return messages;
}
