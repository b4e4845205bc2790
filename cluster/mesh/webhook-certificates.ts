// Puts an istiod's certificate into the webhook configurations of its revision, and makes validation strict once it answers:
// a part of istiod. Until then they fail open (validation) or closed (injection), as installed.
// Source: istio/istio pkg/webhooks (webhookpatch.go, validation/controller).

import type { ApiClient } from '../api/client.ts';
import { isNotFound } from '../api/status.ts';
import type { KubeObject } from '../object.ts';
import type { Cancel } from '../platform.ts';
import { encodeBase64 } from '../schema/base64.ts';
import { fieldsOf, type Fields, listOf, stringOf } from '../schema/fields.ts';
import type { Store } from '../store/store.ts';
import { bytesOf } from '../streams.ts';
import { revisionOfService } from './revisions.ts';

export interface WebhookCertificatesOptions {
  store: Store;
  client: ApiClient;
  revision: string;
  /** PEM. */
  certificate: string;
  /** Whether an istiod of the revision is ready. */
  isServing: () => boolean;
  /** Told of what could not be written and is no race. */
  fault: (error: unknown) => void;
}

const MUTATING = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';
const VALIDATING = 'validatingwebhookconfigurations.admissionregistration.k8s.io';
const SLICES = 'endpointslices.discovery.k8s.io';

/** As long as the istiod runs: for the configurations there are, and for each that comes or changes. */
export function certifyWebhooks(options: WebhookCertificatesOptions): Cancel {
  const { store } = options;
  const caBundle = encodeBase64(bytesOf(options.certificate));
  const look = (resource: typeof MUTATING | typeof VALIDATING, object: KubeObject) => {
    if (isDone(object, resource, caBundle, options)) return;
    options.client
      .modify(resource, undefined, object.metadata.name, (draft) => {
        for (const webhook of listOf(draft['webhooks']))
          if (isOurs(webhook, options.revision))
            complete(webhook, resource, caBundle, options.isServing());
      })
      .catch((error: unknown) => {
        if (!isNotFound(error)) options.fault(error);
      });
  };
  const lookAtAll = () => {
    for (const resource of [MUTATING, VALIDATING] as const)
      for (const object of store.list(resource)) look(resource, object);
  };
  lookAtAll();
  return store.onChange(({ resource, type, object }) => {
    if (resource === SLICES) {
      const service = object.metadata.labels?.['kubernetes.io/service-name'] ?? '';
      if (revisionOfService(service) === options.revision) lookAtAll();
    } else if ((resource === MUTATING || resource === VALIDATING) && type !== 'DELETED') {
      look(resource, object);
    }
  });
}

function isDone(
  object: KubeObject,
  resource: string,
  caBundle: string,
  { revision, isServing }: WebhookCertificatesOptions,
): boolean {
  const strict = resource === MUTATING || !isServing();
  return listOf(object['webhooks'])
    .filter((webhook) => isOurs(webhook, revision))
    .every(
      (webhook) =>
        fieldsOf(webhook['clientConfig'])['caBundle'] === caBundle &&
        (strict || webhook['failurePolicy'] === 'Fail'),
    );
}

function isOurs(webhook: Fields, revision: string): boolean {
  const service = fieldsOf(fieldsOf(webhook['clientConfig'])['service']);
  return revisionOfService(stringOf(service['name'])) === revision;
}

function complete(webhook: Fields, resource: string, caBundle: string, serving: boolean): void {
  fieldsOf(webhook['clientConfig'])['caBundle'] = caBundle;
  if (resource === VALIDATING && serving) webhook['failurePolicy'] = 'Fail';
}
