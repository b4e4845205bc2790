// istiod as the API server's webhook: injects sidecars into new pods, and says what is wrong with Istio's objects.
// The selectors of the configurations have chosen already; a webhook of somebody else is none of its business.
// Source: istio/istio pkg/kube/inject/webhook.go, pkg/webhooks/validation/server (paths and answers).

import type { Attributes } from '../api/admission/admission.ts';
import { Unreachable, type WebhookCall, webhookAddress } from '../api/admission/webhooks.ts';
import { plainError } from '../api/status.ts';
import { fieldsOf, stringOf, type Fields } from '../schema/fields.ts';
import type { Store } from '../store/store.ts';
import { injectionOf } from './injection/decision.ts';
import { injectSidecar } from './injection/inject.ts';
import type { Mesh } from './mesh.ts';
import { denialOf, validate } from './validation/validation.ts';

const REVISION = 'istio.io/rev';

/** @param otherwise calls webhooks that are not istiod's. */
export function istiodWebhooks(mesh: Mesh, store: Store, otherwise: WebhookCall): WebhookCall {
  return async (kind, webhook, attributes) => {
    const service = fieldsOf(fieldsOf(webhook['clientConfig'])['service']);
    if (!mesh.isIstiod(stringOf(service['namespace']), stringOf(service['name'])))
      return otherwise(kind, webhook, attributes);
    if (!mesh.isServing()) throw unreachable(webhook, stringOf(service['name']));
    const path = stringOf(service['path']);
    if (path.startsWith('/inject')) inject(attributes, store);
    else if (path.startsWith('/validate')) check(webhook, attributes);
  };
}

function unreachable(webhook: Fields, service: string): Unreachable {
  return new Unreachable(
    `failed to call webhook: Post ${JSON.stringify(webhookAddress(webhook))}: no endpoints available for service ${JSON.stringify(service)}`,
  );
}

/** Admission changes the object in place. */
function inject({ object, namespace = '' }: Attributes, store: Store): void {
  if (!object || object.kind !== 'Pod') return;
  const labels = store.get('namespaces', undefined, namespace)?.metadata.labels ?? {};
  const revisions = ['default', labels[REVISION], object.metadata.labels?.[REVISION]];
  const decision = injectionOf(
    object,
    { name: namespace, labels },
    revisions.filter((revision) => revision !== undefined),
  );
  if (decision.inject) Object.assign(object, injectSidecar(object, { namespace }));
}

function check(webhook: Fields, { object, caller }: Attributes): void {
  if (!object) return;
  const found = validate(object);
  for (const warning of found.warnings) caller.warn(warning);
  const denial = denialOf(found);
  if (denial !== undefined)
    throw plainError(
      `admission webhook ${JSON.stringify(stringOf(webhook['name']))} denied the request: ${denial}`,
      400,
    );
}
