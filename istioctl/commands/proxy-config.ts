// istioctl proxy-config: what a proxy was told, read from its Envoy. One file a subcommand.
// Source: istio/istio istioctl/pkg/proxyconfig (names, aliases, flags).

import type { Command } from '../command.ts';
import { notSimulated } from './not-simulated.ts';
import { ADMIN_PORT } from '../config-dump.ts';

export const command: Command = {
  long: 'A group of commands used to retrieve information about proxy configuration from the Envoy config dump',
  example: `  # Retrieve information about proxy configuration from an Envoy instance.
  istioctl proxy-config <clusters|listeners|routes|endpoints|bootstrap|log|secret> <pod-name[.namespace]>`,
  persistentFlags: [
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'short',
      usage: 'Output format: one of json|yaml|short',
    },
    {
      name: 'proxy-admin-port',
      type: 'int',
      default: ADMIN_PORT,
      usage: 'Envoy proxy admin port',
    },
  ],
  commands: [
    {
      use: 'all [<type>/]<name>[.<namespace>]',
      aliases: ['a'],
      short: 'Retrieves all configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/all.ts'),
    },
    {
      use: 'bootstrap [<type>/]<name>[.<namespace>]',
      aliases: ['b'],
      short: 'Retrieves bootstrap configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/bootstrap.ts'),
    },
    {
      use: 'cluster [<type>/]<name>[.<namespace>]',
      aliases: ['clusters', 'c'],
      short: 'Retrieves cluster configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/cluster.ts'),
    },
    notSimulated(
      'ecds [<type>/]<name>[.<namespace>]',
      'Retrieves typed extension configuration for the Envoy in the specified pod',
      ['ec'],
    ),
    {
      use: 'eds [<type>/]<name>[.<namespace>]',
      short: 'Retrieves endpoint configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/eds.ts'),
    },
    {
      use: 'endpoint [<type>/]<name>[.<namespace>]',
      aliases: ['endpoints', 'ep'],
      short: 'Retrieves endpoint configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/endpoint.ts'),
    },
    {
      use: 'listener [<type>/]<name>[.<namespace>]',
      aliases: ['listeners', 'l'],
      short: 'Retrieves listener configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/listener.ts'),
    },
    {
      use: 'log [<type>/]<name>[.<namespace>]',
      aliases: ['o'],
      short: 'Retrieves logging levels of the Envoy in the specified pod',
      load: () => import('./proxy-config/log.ts'),
    },
    {
      use: 'rootca-compare [pod/]<name-1>[.<namespace-1>] [pod/]<name-2>[.<namespace-2>]',
      aliases: ['rc'],
      short: 'Compare ROOTCA values for the two given pods',
      load: () => import('./proxy-config/rootca-compare.ts'),
    },
    {
      use: 'route [<type>/]<name>[.<namespace>]',
      aliases: ['routes', 'r'],
      short: 'Retrieves route configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/route.ts'),
    },
    {
      use: 'secret [<type>/]<name>[.<namespace>]',
      aliases: ['secrets', 's'],
      short: 'Retrieves secret configuration for the Envoy in the specified pod',
      load: () => import('./proxy-config/secret.ts'),
    },
  ],
};
