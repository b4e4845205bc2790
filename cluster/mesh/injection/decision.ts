// Whether a pod gets a sidecar when it is created, and why not. Decided once: nothing here looks at pods that exist.
// Source: "Installing the Sidecar" of Istio's documentation; facts of the injector of 1.30.3.

import type { KubeObject } from '../../object.ts';
import { fieldsOf } from '../../schema/fields.ts';
import type { Labels } from '../../schema/label-selector.ts';
import { type InjectorWebhook, webhookFor } from './webhooks.ts';

export type Decision =
  /** `revision` is the revision or tag that was asked for; a failing webhook is named in the refusal of the pod. */
  { inject: true; revision: string; webhook: InjectorWebhook } | { inject: false; because: string };

/** Namespaces of the system's own pods. */
const NEVER = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

const INJECT = 'sidecar.istio.io/inject';

export function injectionOf(
  pod: KubeObject,
  namespace: { name: string; labels: Labels },
  /** Revisions and tags that an istiod answers for. */
  revisions: readonly string[],
): Decision {
  const { labels = {}, annotations = {} } = pod.metadata;
  const asked = webhookFor(revisions, namespace.labels, labels);
  if (!asked) return { inject: false, because: 'no webhook selects it' };
  if (fieldsOf(pod['spec'])['hostNetwork'] === true)
    return { inject: false, because: 'it uses the network of its host' };
  if (NEVER.includes(namespace.name))
    return { inject: false, because: `nothing is injected in ${namespace.name}` };
  // The label wins; the annotation is older and can only say no to a webhook that has asked.
  if ((labels[INJECT] ?? annotations[INJECT]) === 'false')
    return { inject: false, because: `${INJECT} is false` };
  return { inject: true, ...asked };
}
