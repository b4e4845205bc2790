// The installation that cases assume: what `istioctl install` would apply, with an access log; its webhooks apart, which are
// applied once istiod answers.

import {
  installationOf,
  systemNamespace,
} from '../../../cluster/mesh/installation/installation.ts';
import {
  injectorConfiguration,
  defaultValidator,
} from '../../../cluster/mesh/installation/webhooks.ts';
import type { Manifest } from './cases.ts';

const { components, operator } = installationOf({
  files: [
    `spec:
  profile: minimal
  meshConfig: {accessLogFile: /dev/stdout}
  components:
    pilot:
      k8s: {readinessProbe: {initialDelaySeconds: 0, periodSeconds: 1}} # a case need not wait
`,
  ],
});

const place = { namespace: operator.namespace, revision: operator.revision };

export const webhooks: Manifest[] = [
  injectorConfiguration(place),
  defaultValidator(place.namespace, place.revision),
];

export const controlPlane: Manifest[] = [
  systemNamespace(operator),
  ...components
    .flatMap(({ objects }) => objects)
    .filter(({ kind }) => !kind.endsWith('WebhookConfiguration')),
];
