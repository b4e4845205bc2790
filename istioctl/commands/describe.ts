// istioctl experimental describe: what of Istio's configuration touches a pod or a Service, in sentences.
// Source: istio/istio istioctl/pkg/describe (what is told, and how).

import type { Command } from '../command.ts';

export const command: Command = {
  long: "Tells what of Istio's configuration touches a pod or a Service",
  commands: [
    {
      use: 'pod <pod>',
      aliases: ['po'],
      short: 'A pod, its Services, and the rules that their callers follow',
      load: () => import('./describe/pod.ts'),
    },
    {
      use: 'service <svc-name>[.<namespace>]',
      aliases: ['svc'],
      short: 'A Service, its pods, and the rules that its callers follow',
      load: () => import('./describe/service.ts'),
    },
  ],
};
