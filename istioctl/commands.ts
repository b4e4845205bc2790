// The commands of istioctl in one table: what help lists, and where each one is. A command is loaded when it is called.
// To add one, write its file in commands/ and add its line here.

import type { CommandEntry } from './command.ts';
import { notSimulated } from './commands/not-simulated.ts';

export const commands: readonly CommandEntry[] = [
  {
    use: 'help',
    short: 'Help about any command',
    load: () => import('./commands/help.ts'),
  },
  {
    use: 'options',
    short: 'Displays istioctl global options',
    topic: true,
    load: () => import('./commands/options.ts'),
  },
  {
    use: 'install',
    aliases: ['apply'],
    short: 'Applies an Istio manifest, installing or reconfiguring Istio on a cluster.',
    load: () => import('./commands/install.ts'),
  },
  {
    use: 'upgrade',
    short: 'Upgrade Istio control plane in-place',
    load: () => import('./commands/upgrade.ts'),
  },
  {
    use: 'uninstall',
    short: 'Uninstall Istio from a cluster',
    load: () => import('./commands/uninstall.ts'),
  },
  {
    use: 'manifest',
    short: 'Commands related to Istio manifests',
    load: () => import('./commands/manifest.ts'),
  },
  {
    use: 'tag',
    short: 'Command group used to interact with revision tags',
    load: () => import('./commands/tag.ts'),
  },
  {
    use: 'experimental',
    aliases: ['x', 'exp'],
    short: 'Experimental commands that may be modified or deprecated',
    load: () => import('./commands/experimental.ts'),
  },
  {
    use: 'version',
    short: 'Prints out build version information',
    load: () => import('./commands/version.ts'),
  },
  {
    use: 'proxy-config',
    aliases: ['pc'],
    short: 'Retrieve information about proxy configuration from Envoy [kube only]',
    load: () => import('./commands/proxy-config.ts'),
  },
  {
    use: 'proxy-status [<type>/]<name>[.<namespace>]',
    aliases: ['ps'],
    short: 'Retrieves the synchronization status of each Envoy in the mesh',
    load: () => import('./commands/proxy-status.ts'),
  },
  {
    use: 'dashboard',
    aliases: ['dash', 'd'],
    short: 'Access to Istio web UIs',
    load: () => import('./commands/dashboard.ts'),
  },
  {
    use: 'analyze <file>...',
    short: 'Analyze Istio configuration and print validation messages',
    load: () => import('./commands/analyze.ts'),
  },
  {
    use: 'kube-inject',
    short: 'Inject Istio sidecar into Kubernetes pod resources',
    load: () => import('./commands/kube-inject.ts'),
  },
  {
    use: 'validate -f FILENAME [options]',
    aliases: ['v'],
    short: 'Validate Istio policy and rules files',
    load: () => import('./commands/validate.ts'),
  },
  notSimulated('admin', 'Manage control plane (istiod) configuration', ['istiod']),
  notSimulated('authz', '(authz is experimental. Use `istioctl experimental authz`)'),
  notSimulated('bug-report', 'Cluster information and log capture support tool.'),
  notSimulated('completion', 'Generate the autocompletion script for the specified shell'),
  notSimulated(
    'create-remote-secret',
    'Create a secret with credentials to allow Istio to access remote Kubernetes apiservers',
  ),
  notSimulated(
    'remote-clusters',
    'Lists the remote clusters each istiod instance is connected to.',
  ),
  notSimulated('waypoint', 'Manage waypoint configuration'),
  notSimulated('ztunnel-config', 'Update or retrieve current Ztunnel configuration.'),
];
