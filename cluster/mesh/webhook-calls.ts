// istiod as the API server's webhook: injects sidecars into new pods, and says what is wrong with Istio's objects.
// The selectors of the configurations have chosen already; a webhook of somebody else is none of its business.
// Source: istio/istio pkg/kube/inject/webhook.go, pkg/webhooks/validation/server (paths and answers).

import type { Attributes } from '../api/admission/admission.ts';
import { Unreachable, type WebhookCall, webhookAddress } from '../api/admission/webhooks.ts';
import { plainError } from '../api/status.ts';
import type { KubeObject } from '../object.ts';
import { fieldsOf, stringOf, type Fields } from '../schema/fields.ts';
import type { Store } from '../store/store.ts';
import { injectionOf } from './injection/decision.ts';
import { injectSidecar } from './injection/inject.ts';
import { installedSettings } from './injection/installed.ts';
import type { Mesh } from './mesh.ts';
import { revisionOfService } from './revisions.ts';
import { denialOf, validate } from './validation/validation.ts';

const REVISION = 'istio.io/rev';
const INJECT = 'sidecar.istio.io/inject';

/** @param otherwise calls webhooks that are not istiod's. */
export function istiodWebhooks(mesh: Mesh, store: Store, otherwise: WebhookCall): WebhookCall {
  return async (kind, webhook, attributes) => {
    const service = fieldsOf(fieldsOf(webhook['clientConfig'])['service']);
    const name = stringOf(service['name']);
    const revision = revisionOfService(name);
    if (revision === undefined || !mesh.isIstiod(stringOf(service['namespace']), name))
      return otherwise(kind, webhook, attributes);
    if (!mesh.isServing(revision)) throw unreachable(webhook, name);
    const path = stringOf(service['path']);
    if (path.startsWith('/inject')) inject(attributes, store, revision);
    else if (path.startsWith('/validate')) check(webhook, attributes);
  };
}

function unreachable(webhook: Fields, service: string): Unreachable {
  return new Unreachable(
    `failed to call webhook: Post ${JSON.stringify(webhookAddress(webhook))}: no endpoints available for service ${JSON.stringify(service)}`,
  );
}

/** Admission changes the object in place. */
function inject({ object, namespace = '' }: Attributes, store: Store, asked: string): void {
  if (!object || object.kind !== 'Pod') return;
  const labels = store.get('namespaces', undefined, namespace)?.metadata.labels ?? {};
  const revisions = ['default', labels[REVISION], object.metadata.labels?.[REVISION]];
  const decision = injectionOf(
    object,
    { name: namespace, labels },
    revisions.filter((revision) => revision !== undefined),
  );
  if (!decision.inject) return;
  const settings = installedSettings(store, asked);
  if (!settings.autoInject && !asksItself(object)) return;
  Object.assign(object, injectSidecar(object, { namespace, settings }));
}

/** Where the installation injects nobody by itself, a pod may still ask. */
function asksItself({ metadata: { labels = {}, annotations = {} } }: KubeObject): boolean {
  return (labels[INJECT] ?? annotations[INJECT]) === 'true';
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
