// istioctl uninstall: takes away what an installation brought, found by its labels. The namespace and the workloads stay.
// Source: istio/istio operator/cmd/mesh/uninstall.go, operator/pkg/uninstall (order, questions, what is printed).

import type { KubeObject } from '../../cluster/object.ts';
import { REVISION_LABEL } from '../../cluster/mesh/installation/labels.ts';
import { type ClusterClient } from '../api-client.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import { confirmed } from '../confirm.ts';
import { Installer } from '../installer.ts';
import { connectedProxies, istiodPods } from '../istiod.ts';
import { collection, installedKinds, kinds, objectPath, selecting } from '../paths.ts';
import { Progress } from '../progress.ts';
import {
  cancel,
  dryRunFlag,
  filesFlag,
  forceFlag,
  manifestsFlag,
  requireEmbedded,
  revisionFlag,
  setFlag,
  skipFlag,
} from './install.ts';

const COMPONENT = 'operator.istio.io/component';

export const command: Command = {
  long: 'The uninstall command uninstalls Istio from a cluster',
  example: `  # Take away one revision of the control plane
  istioctl uninstall --revision canary

  # Take away everything, Istio's kinds and all objects of them included
  istioctl uninstall --purge`,
  flags: [
    skipFlag,
    forceFlag,
    { name: 'purge', type: 'bool', usage: 'Delete all Istio related sources for all versions' },
    revisionFlag,
    { ...filesFlag, usage: 'The filename of the IstioOperator CR.' },
    manifestsFlag,
    setFlag,
    { name: 'verbose', short: 'v', type: 'bool', usage: 'Verbose output.' },
    dryRunFlag,
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { args, flags, io } = invocation;
  const purge = flags.bool('purge');
  const set = flags.strings('set').findLast((each) => each.startsWith('revision='));
  const revision = flags.string('revision') || set?.slice('revision='.length) || '';
  if (revision === '' && flags.strings('filename').length === 0 && !purge)
    throw new CommandError(
      'at least one of the --revision (or --set revision=<revision>), --filename or --purge flags must be set',
    );
  if (args.length > 0) throw new CommandError('istioctl uninstall does not take arguments');
  const cluster = invocation.cluster();
  await requireEmbedded(cluster);
  if (revision !== '' && !(await revisionExists(cluster, revision)))
    throw new CommandError('could not find target revision');
  if (purge && (revision !== '' || flags.strings('filename').length > 0))
    io.out(
      'Purge uninstall will remove all Istio resources, ignoring the specified revision or operator file\n',
    );
  const objects = await found(cluster, purge ? undefined : revision);
  await warn(invocation, objects, revision);
  const progress = new Progress(io);
  for (const object of objects) {
    const name = `${goKind(object)}/${object.metadata.name}.${object.metadata.namespace ?? ''}`;
    if (flags.bool('dry-run')) io.out(`Not pruning object ${name} because of dry run.\n`);
    else if (await cluster.delete(objectPath(object))) io.out(`  Removed ${name}.\n`);
    else io.out(`object: ${name} is not being deleted because it no longer exists\n`);
  }
  progress.done('Uninstall complete');
}

async function revisionExists(cluster: ClusterClient, revision: string): Promise<boolean> {
  const labels = `${REVISION_LABEL}=${revision}`;
  const injectors = await cluster.list(`${collection(kinds.mutatingWebhook)}${selecting(labels)}`);
  return (
    injectors.length > 0 ||
    (await cluster.list(`${collection(kinds.pod)}${selecting(`app=istiod,${labels}`)}`)).length > 0
  );
}

/** Of one revision: what its control plane and gateways brought. Of all: everything with a component's label. */
async function found(cluster: ClusterClient, revision: string | undefined): Promise<KubeObject[]> {
  const installer = new Installer(cluster, new Progress(silent));
  const labels =
    revision === undefined
      ? COMPONENT
      : [
          ...(revision === '' ? [] : [`${REVISION_LABEL}=${revision}`]),
          `${COMPONENT} in (Pilot,IngressGateways,EgressGateways,Cni,Ztunnel)`,
        ].join(',');
  const looked = [...installedKinds, ...(revision === undefined ? [kinds.definition] : [])];
  const objects: KubeObject[] = [];
  for (const kind of looked) objects.push(...(await installer.find(kind, labels)));
  return objects;
}

const silent = {
  out: () => {},
  err: () => {},
  readInput: async () => '',
  readLine: async () => undefined,
  interactive: false,
  env: {},
};

async function warn(
  { flags, io, istioNamespace, ...invocation }: Invocation,
  objects: readonly KubeObject[],
  revision: string,
): Promise<void> {
  let message = '';
  let asks = false;
  if (flags.bool('purge')) {
    asks = true;
    message = 'All Istio resources will be pruned from the cluster\n';
  } else {
    if (objects.length === 0) {
      io.out(
        'No resources will be pruned from the cluster. Please double check the input configs\n\n',
      );
      return;
    }
    if (flags.bool('verbose'))
      message += `The following resources will be pruned from the cluster: ${listed(objects)}\n`;
    const proxies = await proxiesOf(invocation.cluster(), istioNamespace, revision);
    if (proxies.length > 0 && revision !== '') {
      asks = true;
      message += `There are still ${proxies.length} proxies pointing to the control plane revision ${revision}\n`;
      if (proxies.length <= MOST_NAMED) message += `${proxies.join('\n')}\n`;
      message +=
        'If you proceed with the uninstall, these proxies will become detached from any control plane and will not function correctly.\n';
    }
    const gateways = objects
      .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name.includes('gateway'))
      .map(({ metadata }) => metadata.name);
    if (gateways.length > 0) {
      asks = true;
      message += `You are about to remove the following gateways: ${gateways.join(', ')}. To avoid downtime, please quit this command and reinstall the gateway(s) with a revision that is not being removed from the cluster.\n`;
    }
  }
  if (flags.bool('dry-run') || flags.bool('skip-confirmation')) {
    io.out(`${message}\n`);
    return;
  }
  if (asks && !(await confirmed(io, `${message}Proceed? (y/N)`))) cancel(io);
}

/** More proxies than these are only counted. */
const MOST_NAMED = 30;

async function proxiesOf(
  cluster: ClusterClient,
  namespace: string,
  revision: string,
): Promise<string[]> {
  const pods = await istiodPods(cluster, namespace, revision || undefined);
  const connected = await Promise.all(pods.map((pod) => connectedProxies(cluster, pod)));
  return connected.flat().map(({ id }) => id);
}

function listed(objects: readonly KubeObject[]): string {
  return [...Map.groupBy(objects, ({ kind }) => kind)]
    .map(([kind, same]) => `${kind}: ${same.map(({ metadata }) => metadata.name).join(', ')}. `)
    .join('');
}

/** `apps/v1, Kind=Deployment`; the core group is empty. */
function goKind({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}
