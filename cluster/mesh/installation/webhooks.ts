// The webhook configurations of an installation: injection and validation by revision, and the tags that point at one.
// istiod fills in the certificate, and makes validation strict once it answers.
// Source: the charts `istio-discovery` and `default` of Istio 1.30.3; "Canary Upgrades" of its documentation (tags).

import type { Fields } from '../../schema/fields.ts';
import { injectorWebhooks } from '../injection/webhooks.ts';
import { chartLabels, type Labels, ofRevision, TAG_LABEL } from './labels.ts';
import type { Manifest } from './manifest.ts';

const ADMISSION = 'admissionregistration.k8s.io/v1';

const suffixOf = (revision: string) => (revision === '' ? '' : `-${revision}`);

const answer = { admissionReviewVersions: ['v1'], sideEffects: 'None' };

export interface InjectionPlace {
  /** istiod's namespace. */
  namespace: string;
  /** Empty for the default one. */
  revision: string;
  reinvocationPolicy?: string;
}

/** `istio-sidecar-injector`: who is injected by this revision. */
export function injectorConfiguration(place: InjectionPlace): Manifest {
  const { namespace, revision } = place;
  const elsewhere = namespace === 'istio-system' ? '' : `-${namespace}`;
  return mutating(
    `istio-sidecar-injector${suffixOf(revision)}${elsewhere}`,
    place,
    revision || 'default',
    {
      ...ofRevision(revision, 'Pilot'),
      app: 'sidecar-injector',
      ...chartLabels('istiod', 'istiod'),
    },
  );
}

/** The same for a tag: pods that ask for the tag are injected by the revision it points at. */
export function tagConfiguration(tag: string, place: InjectionPlace): Manifest {
  const elsewhere = place.namespace === 'istio-system' ? '' : `-${place.namespace}`;
  return mutating(`istio-revision-tag-${tag}${elsewhere}`, place, tag, {
    [TAG_LABEL]: tag,
    ...ofRevision(place.revision, 'Pilot'),
    app: 'sidecar-injector',
    ...chartLabels('istiod', 'istiod'),
  });
}

/** Where tagged control planes are reached by the tag's name. */
export function tagService(tag: string, { namespace, revision }: InjectionPlace): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: `istiod-revision-tag-${tag}`,
      namespace,
      labels: { [TAG_LABEL]: tag, ...istiodLabels(revision) },
    },
    spec: istiodService(revision),
  };
}

export function istiodLabels(revision: string): Labels {
  return {
    ...ofRevision(revision, 'Pilot'),
    app: 'istiod',
    istio: 'pilot',
    ...chartLabels('istiod', 'istiod'),
  };
}

export function istiodService(revision: string): Fields {
  return {
    ports: [
      { port: 15010, name: 'grpc-xds', protocol: 'TCP' },
      { port: 15012, name: 'https-dns', protocol: 'TCP' },
      { port: 443, name: 'https-webhook', targetPort: 15017, protocol: 'TCP' },
      { port: 15014, name: 'http-monitoring', protocol: 'TCP' },
    ],
    selector: {
      app: 'istiod',
      ...(revision === '' ? { istio: 'pilot' } : { 'istio.io/rev': revision }),
    },
  };
}

function mutating(
  name: string,
  { namespace, revision, reinvocationPolicy = 'Never' }: InjectionPlace,
  asked: string,
  labels: Labels,
): Manifest {
  return {
    apiVersion: ADMISSION,
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels },
    webhooks: injectorWebhooks(asked).map((webhook) => ({
      ...webhook,
      clientConfig: {
        service: { name: `istiod${suffixOf(revision)}`, namespace, path: '/inject', port: 443 },
      },
      rules: [
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
      ],
      failurePolicy: 'Fail',
      reinvocationPolicy,
      ...answer,
    })),
  };
}

/** `istio-validator…`: judges objects that name this revision. */
export function revisionValidator(namespace: string, revision: string): Manifest {
  return validating(`istio-validator${suffixOf(revision)}-${namespace}`, namespace, revision, {
    name: 'rev.validation.istio.io',
    objectSelector: {
      matchExpressions: [{ key: 'istio.io/rev', operator: 'In', values: [revision || 'default'] }],
    },
  });
}

/** `istiod-default-validator`: judges all others. */
export function defaultValidator(namespace: string, revision: string): Manifest {
  return validating('istiod-default-validator', namespace, revision, {
    name: 'validation.istio.io',
  });
}

function validating(name: string, namespace: string, revision: string, webhook: Fields): Manifest {
  return {
    apiVersion: ADMISSION,
    kind: 'ValidatingWebhookConfiguration',
    metadata: {
      name,
      labels: {
        app: 'istiod',
        istio: 'istiod',
        'istio.io/rev': revision || 'default',
        ...chartLabels('istiod', 'istiod'),
      },
    },
    webhooks: [
      {
        ...webhook,
        clientConfig: {
          service: { name: `istiod${suffixOf(revision)}`, namespace, path: '/validate' },
        },
        rules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: [
              'security.istio.io',
              'networking.istio.io',
              'telemetry.istio.io',
              'extensions.istio.io',
            ],
            apiVersions: ['*'],
            resources: ['*'],
          },
        ],
        // Open until istiod answers, or nobody could write a rule while it comes up.
        failurePolicy: 'Ignore',
        ...answer,
      },
    ],
  };
}
