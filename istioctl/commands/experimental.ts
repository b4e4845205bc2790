// istioctl experimental: the commands below it. To add one, write its file and add its line here.

import type { Command } from '../command.ts';
import { notSimulated } from './not-simulated.ts';

export const command: Command = {
  long: 'Experimental commands that may be modified or deprecated',
  commands: [
    {
      use: 'precheck',
      short: 'Check whether Istio can safely be installed or upgraded',
      load: () => import('./precheck.ts'),
    },
    {
      use: 'check-inject [<type>/]<name>[.<namespace>]',
      short:
        'Check the injection status or inject-ability of a given resource, explains why it is (or will be) injected or not',
      load: () => import('./check-inject.ts'),
    },
    {
      use: 'describe',
      aliases: ['des'],
      short: 'Describe resource and related Istio configuration',
      load: () => import('./describe.ts'),
    },
    notSimulated('authz', 'Inspect Istio AuthorizationPolicy'),
    notSimulated('config SUBCOMMAND', 'Configure istioctl defaults'),
    {
      use: 'envoy-stats [<type>/]<name>[.<namespace>]',
      aliases: ['es'],
      short: "The numbers of a pod's proxy, or the hosts of its clusters",
      load: () => import('./envoy-stats.ts'),
    },
    notSimulated('injector', 'List sidecar injector and sidecar versions'),
    notSimulated(
      'internal-debug [<type>/]<name>[.<namespace>]',
      'Retrieves the debug information of istio',
    ),
    notSimulated(
      'metrics <workload name>...',
      'Prints the metrics for the specified workload(s) when running in Kubernetes.',
    ),
    notSimulated(
      'workload',
      'Commands to assist in configuring and deploying workloads running on VMs and other non-Kubernetes environments',
    ),
  ],
};
