// istioctl experimental describe: what of Istio's configuration touches a pod or a Service, in sentences.
// Source: istio/istio istioctl/pkg/describe (what is told, and how).

import type { Command } from '../command.ts';

export const command: Command = {
  long: 'Describe resource and related Istio configuration',
  commands: [
    {
      use: 'pod <pod>',
      aliases: ['po'],
      short: 'Describe pods and their Istio configuration [kube-only]',
      load: () => import('./describe/pod.ts'),
    },
    {
      use: 'service <svc-name>[.<namespace>]',
      aliases: ['svc'],
      short: 'Describe services and their Istio configuration [kube-only]',
      load: () => import('./describe/service.ts'),
    },
  ],
};
