// istioctl proxy-config: what a proxy was told, read from its Envoy. One file a subcommand.
// Source: istio/istio istioctl/pkg/proxyconfig (names, aliases, flags).

import type { Command } from '../command.ts';
import { notSimulated } from './not-simulated.ts';
import { ADMIN_PORT } from '../config-dump.ts';

export const command: Command = {
  long: 'Shows what a proxy was told: its clusters, listeners, routes and endpoints, as its Envoy has them',
  example: `  # Where calls to backend may go, as the proxy of a frontend pod sees it
  istioctl proxy-config cluster deploy/frontend.default --fqdn backend.default.svc.cluster.local

  # The routes of port 80
  istioctl proxy-config routes deploy/frontend --name 80`,
  persistentFlags: [
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'short',
      usage: 'How to print: json, yaml or short',
    },
    {
      name: 'proxy-admin-port',
      type: 'int',
      default: ADMIN_PORT,
      usage: "The port of Envoy's administration",
    },
  ],
  commands: [
    {
      use: 'all [<type>/]<name>[.<namespace>]',
      aliases: ['a'],
      short: 'Everything that the proxy of a pod was told',
      load: () => import('./proxy-config/all.ts'),
    },
    {
      use: 'bootstrap [<type>/]<name>[.<namespace>]',
      aliases: ['b'],
      short: 'What the proxy of a pod was started with',
      load: () => import('./proxy-config/bootstrap.ts'),
    },
    {
      use: 'cluster [<type>/]<name>[.<namespace>]',
      aliases: ['clusters', 'c'],
      short: 'The clusters of a proxy: where it may send what',
      load: () => import('./proxy-config/cluster.ts'),
    },
    notSimulated(
      'ecds [<type>/]<name>[.<namespace>]',
      'Extensions of a proxy that istiod sends by themselves',
      ['ec'],
    ),
    {
      use: 'eds [<type>/]<name>[.<namespace>]',
      short: 'Endpoints as istiod has sent them',
      load: () => import('./proxy-config/eds.ts'),
    },
    {
      use: 'endpoint [<type>/]<name>[.<namespace>]',
      aliases: ['endpoints', 'ep'],
      short: 'Who answers for each cluster, and how healthy they are',
      load: () => import('./proxy-config/endpoint.ts'),
    },
    {
      use: 'listener [<type>/]<name>[.<namespace>]',
      aliases: ['listeners', 'l'],
      short: 'The listeners of a proxy: which connections it takes',
      load: () => import('./proxy-config/listener.ts'),
    },
    {
      use: 'log [<type>/]<name>[.<namespace>]',
      aliases: ['o'],
      short: 'The log levels of a proxy, and how to change them',
      load: () => import('./proxy-config/log.ts'),
    },
    {
      use: 'rootca-compare [pod/]<name-1>[.<namespace-1>] [pod/]<name-2>[.<namespace-2>]',
      aliases: ['rc'],
      short: 'Whether the proxies of two pods trust the same root',
      load: () => import('./proxy-config/rootca-compare.ts'),
    },
    {
      use: 'route [<type>/]<name>[.<namespace>]',
      aliases: ['routes', 'r'],
      short: 'The routes of a proxy: which request goes to which cluster',
      load: () => import('./proxy-config/route.ts'),
    },
    {
      use: 'secret [<type>/]<name>[.<namespace>]',
      aliases: ['secrets', 's'],
      short: 'The certificates of a proxy',
      load: () => import('./proxy-config/secret.ts'),
    },
  ],
};
