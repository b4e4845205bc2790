// Gateways, Sidecars and policies that select no workload, or select what another one has selected already.

import type { KubeObject } from '../../object.ts';
import { at, listOf, numberOf, stringMapOf, stringOf } from '../../schema/fields.ts';
import { type Message, message } from './messages.ts';
import { listed, namespaceOf, selectorText, selects, specOf, type Subjects } from './subjects.ts';

export function selectorMessages(subjects: Subjects): Message[] {
  return [
    ...subjects.of('Gateway').flatMap((gateway) => gatewayPorts(gateway, subjects)),
    ...sidecars(subjects),
    ...['AuthorizationPolicy', 'RequestAuthentication'].flatMap((kind) =>
      subjects.of(kind).flatMap((policy) => unmatched(policy, subjects)),
    ),
  ];
}

function gatewayPorts(gateway: KubeObject, subjects: Subjects): Message[] {
  const spec = specOf(gateway);
  const selector = stringMapOf(spec['selector']);
  const text = selectorText(selector);
  const pods = subjects.of('Pod').filter(({ metadata }) => selects(selector, metadata.labels));
  if (pods.length === 0)
    return [message('IST0101', gateway, `Referenced selector not found: ${JSON.stringify(text)}`)];
  const exposed = new Set<number>();
  for (const pod of pods)
    for (const service of subjects.of('Service')) {
      if (namespaceOf(service) !== namespaceOf(pod)) continue;
      if (!selects(stringMapOf(specOf(service)['selector']), pod.metadata.labels)) continue;
      for (const port of listOf(specOf(service)['ports'])) {
        if ((stringOf(port['protocol']) || 'TCP') !== 'TCP') continue;
        exposed.add(numberOf(port['port']) ?? 0);
        if (typeof port['targetPort'] === 'number') exposed.add(port['targetPort']);
      }
    }
  return listOf(spec['servers']).flatMap((server) => {
    const number = numberOf(at(server, 'port', 'number')) ?? 0;
    if (exposed.has(number)) return [];
    return [
      message(
        'IST0162',
        gateway,
        `The gateway is listening on a target port (port ${number}) that is not defined in the Service associated with its workload instances (Pod selector ${text}). If you need to access the gateway port through the gateway Service, it will not be available.`,
      ),
    ];
  });
}

function sidecars(subjects: Subjects): Message[] {
  const messages: Message[] = [];
  const byPod = new Map<KubeObject, KubeObject[]>();
  const whole = new Map<string, KubeObject[]>();
  for (const sidecar of subjects.of('Sidecar')) {
    const namespace = namespaceOf(sidecar);
    const selector = stringMapOf(at(specOf(sidecar), 'workloadSelector', 'labels'));
    if (Object.keys(selector).length === 0) {
      whole.set(namespace, [...(whole.get(namespace) ?? []), sidecar]);
      continue;
    }
    const pods = subjects
      .of('Pod')
      .filter((pod) => namespaceOf(pod) === namespace && selects(selector, pod.metadata.labels));
    for (const pod of pods) byPod.set(pod, [...(byPod.get(pod) ?? []), sidecar]);
    if (pods.length === 0)
      messages.push(
        message(
          'IST0101',
          sidecar,
          `Referenced selector not found: ${JSON.stringify(selectorText(selector))}`,
        ),
      );
  }
  for (const [pod, selecting] of byPod)
    if (selecting.length > 1)
      for (const sidecar of selecting)
        messages.push(
          message(
            'IST0110',
            sidecar,
            `The Sidecars ${names(selecting)} in namespace ${JSON.stringify(namespaceOf(pod))} select the same workload pod ${JSON.stringify(pod.metadata.name)}, which can lead to undefined behavior.`,
          ),
        );
  for (const [namespace, all] of whole)
    if (all.length > 1)
      for (const sidecar of all)
        messages.push(
          message(
            'IST0111',
            sidecar,
            `The Sidecars ${names(all)} in namespace ${JSON.stringify(namespace)} have no workload selector, which can lead to undefined behavior.`,
          ),
        );
  return messages;
}

const names = (objects: KubeObject[]) => listed(objects.map(({ metadata }) => metadata.name));

function unmatched(policy: KubeObject, subjects: Subjects): Message[] {
  const selector = stringMapOf(at(specOf(policy), 'selector', 'matchLabels'));
  if (Object.keys(selector).length === 0) return [];
  const namespace = namespaceOf(policy);
  // In the root namespace a policy is for every namespace.
  const matched = subjects
    .of('Pod')
    .some(
      (pod) =>
        (namespace === 'istio-system' || namespaceOf(pod) === namespace) &&
        selects(selector, pod.metadata.labels),
    );
  return matched
    ? []
    : [
        message(
          'IST0127',
          policy,
          `No matching workloads for this resource with the following labels: ${selectorText(selector)}`,
        ),
      ];
}
