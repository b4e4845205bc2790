// Namespaces that inject nothing, or are told two things; pods that are older than their namespace's wish.

import { fieldsOf } from '../../schema/fields.ts';
import { type Message, message } from './messages.ts';
import { fullName, hasProxy, listed, namespaceOf, specOf, type Subjects } from './subjects.ts';

const INJECTION = 'istio-injection';
const OTHERS = ['istio.io/rev', 'istio.io/dataplane-mode'];
const INJECT = 'sidecar.istio.io/inject';

export function injectionMessages(subjects: Subjects): Message[] {
  const messages: Message[] = [];
  for (const namespace of subjects.of('Namespace')) {
    const { name, labels = {} } = namespace.metadata;
    if (name === 'istio-system') continue;
    const injection = labels[INJECTION];
    const others = OTHERS.filter(
      (key) => key in labels && (injection === undefined || injection === 'enabled'),
    );
    const told = [...(injection === undefined ? [] : [INJECTION]), ...others];
    if (told.length > 1)
      messages.push(
        message(
          'IST0123',
          namespace,
          `The namespace has more than one type of injection labels ${listed(told.map((key) => `${key}=${labels[key] ?? ''}`))}, which may lead to undefined behavior. Make sure only one injection label exists.`,
        ),
      );
    if (labels['istio.io/dataplane-mode'] === 'ambient') continue;
    if ((injection ?? '') === '' && !('istio.io/rev' in labels))
      messages.push(
        message(
          'IST0102',
          namespace,
          `The namespace is not enabled for Istio injection. Run 'kubectl label namespace ${name} istio-injection=enabled' to enable it, or 'kubectl label namespace ${name} istio-injection=disabled' to explicitly mark it as not needing injection.`,
        ),
      );
  }
  for (const pod of subjects.of('Pod')) {
    const { labels = {}, annotations = {} } = pod.metadata;
    if (!subjects.injects(namespaceOf(pod))) continue;
    if ((labels[INJECT] ?? annotations[INJECT])?.toLowerCase() === 'false') continue;
    if (fieldsOf(pod['spec'])['hostNetwork'] === true || hasProxy(specOf(pod))) continue;
    messages.push(
      message(
        'IST0103',
        pod,
        `The pod ${fullName(pod)} is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.`,
      ),
    );
  }
  return messages;
}
