// Which pods the injector's webhooks are asked about: the selectors of each of them, by revision. The decision is theirs, and
// so is the configuration object that istioctl installs.
// Source: the chart `istio-discovery` of Istio 1.30.3, and "Installing the Sidecar" of its documentation.

import { type Labels, labelSelectorOf, matchesLabels } from '../../schema/label-selector.ts';

interface Expression {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

interface Selector {
  matchExpressions: Expression[];
}

export interface InjectorWebhook {
  name: string;
  namespaceSelector: Selector;
  objectSelector: Selector;
}

const INJECTION = 'istio-injection';
const REVISION = 'istio.io/rev';
const INJECT = 'sidecar.istio.io/inject';

const is = (key: string, ...values: string[]): Expression => ({ key, operator: 'In', values });
const isNot = (key: string, ...values: string[]): Expression => ({
  key,
  operator: 'NotIn',
  values,
});
const isAbsent = (key: string): Expression => ({ key, operator: 'DoesNotExist' });
const all = (...matchExpressions: Expression[]): Selector => ({ matchExpressions });

/** The webhooks of a revision or of a tag; `default` also answers for `istio-injection` and for pods that ask alone. */
export function injectorWebhooks(revision: string): InjectorWebhook[] {
  const webhooks: InjectorWebhook[] = [
    {
      name: 'rev.namespace.sidecar-injector.istio.io',
      namespaceSelector: all(is(REVISION, revision), isAbsent(INJECTION)),
      objectSelector: all(isNot(INJECT, 'false')),
    },
    {
      name: 'rev.object.sidecar-injector.istio.io',
      namespaceSelector: all(isAbsent(REVISION), isAbsent(INJECTION)),
      objectSelector: all(isNot(INJECT, 'false'), is(REVISION, revision)),
    },
  ];
  if (revision !== 'default') return webhooks;
  return [
    ...webhooks,
    {
      name: 'namespace.sidecar-injector.istio.io',
      namespaceSelector: all(is(INJECTION, 'enabled')),
      objectSelector: all(isNot(INJECT, 'false')),
    },
    {
      name: 'object.sidecar-injector.istio.io',
      namespaceSelector: all(isAbsent(INJECTION), isAbsent(REVISION)),
      objectSelector: all(is(INJECT, 'true'), isAbsent(REVISION)),
    },
  ];
}

/** The webhook that a pod of these labels meets in a namespace of those. */
export function webhookFor(
  revisions: readonly string[],
  namespace: Labels,
  pod: Labels,
): { revision: string; webhook: InjectorWebhook } | undefined {
  for (const revision of revisions) {
    const webhook = injectorWebhooks(revision).find(
      ({ namespaceSelector, objectSelector }) =>
        matches(namespaceSelector, namespace) && matches(objectSelector, pod),
    );
    if (webhook) return { revision, webhook };
  }
  return undefined;
}

function matches(selector: Selector, labels: Labels): boolean {
  const parsed = labelSelectorOf(selector);
  return parsed !== undefined && matchesLabels(parsed, labels);
}
