// istioctl install: what is asked becomes objects (cluster/mesh/installation), and the objects a running mesh.
// Source: istio/istio operator/cmd/mesh/install.go (flags, questions, what is printed).

import { readFileSync } from 'node:fs';
import {
  defaultTag,
  type Installation,
  installationOf,
  systemNamespace,
} from '../../cluster/mesh/installation/installation.ts';
import { NOT_PRUNED_LABEL, ownerLabels } from '../../cluster/mesh/installation/labels.ts';
import { OperatorError } from '../../cluster/mesh/installation/operator.ts';
import { MACHINE_ID } from '../../cluster/node/machine.ts';
import { at, fieldsOf, stringOf } from '../../cluster/schema/fields.ts';
import type { ClusterClient } from '../api-client.ts';
import { ISTIO_VERSION } from '../build.ts';
import {
  type Command,
  CommandError,
  exactArgs,
  type Invocation,
  type Io,
  SilentExit,
} from '../command.ts';
import { confirmed } from '../confirm.ts';
import type { Flag } from '../flags.ts';
import { exists, Installer } from '../installer.ts';
import { istioKinds } from '../istio-kinds.ts';
import { collection, kinds, objectPath, selecting } from '../paths.ts';
import { Progress } from '../progress.ts';
import { sail } from '../sail.ts';

export const setFlag: Flag = {
  name: 'set',
  short: 's',
  type: 'stringArray',
  usage: `Override an IstioOperator value, e.g. to choose a profile
(--set profile=demo), enable or disable components (--set components.cni.enabled=true), or override Istio
settings (--set meshConfig.enableTracing=true). See documentation for more info:https://istio.io/v1.30/docs/reference/config/istio.operator.v1alpha1/#IstioOperatorSpec`,
};
export const skipFlag: Flag = {
  name: 'skip-confirmation',
  short: 'y',
  type: 'bool',
  usage: `The skipConfirmation determines whether the user is prompted for confirmation.
If set to true, the user is not prompted and a Yes response is assumed in all cases.`,
};
export const revisionFlag: Flag = {
  name: 'revision',
  short: 'r',
  type: 'string',
  usage: 'Target control plane revision for the command.',
};
export const dryRunFlag: Flag = {
  name: 'dry-run',
  type: 'bool',
  usage: 'Console/log output only, make no changes.',
};
export const forceFlag: Flag = {
  name: 'force',
  type: 'bool',
  usage: 'Proceed even with validation errors.',
};
export const manifestsFlag: Flag = {
  name: 'manifests',
  short: 'd',
  type: 'string',
  usage: `Specify a path to a directory of charts and profiles
(e.g. ~/Downloads/istio-${ISTIO_VERSION}/manifests).`,
};
export const filesFlag: Flag = {
  name: 'filename',
  short: 'f',
  type: 'stringSlice',
  usage: `Path to file containing IstioOperator custom resource
This flag can be specified multiple times to overlay multiple files. Multiple files are overlaid in left to right order.`,
};

export const command: Command = {
  long: 'The install command generates an Istio install manifest and applies it to a cluster.',
  example: `  # Apply a default Istio installation
  istioctl install

  # Install the control plane alone, and do not ask
  istioctl install --set profile=minimal -y

  # Install what a file says; a later call with another file changes what differs
  istioctl install -f mesh-platform.yaml -y`,
  flags: [
    filesFlag,
    {
      name: 'readiness-timeout',
      type: 'duration',
      default: '5m0s',
      usage: 'Maximum time to wait for Istio resources in each component to be ready.',
    },
    skipFlag,
    forceFlag,
    {
      name: 'verify',
      type: 'bool',
      usage: 'Verify the Istio control plane after installation/in-place upgrade',
    },
    setFlag,
    manifestsFlag,
    revisionFlag,
    dryRunFlag,
  ],
  checkArgs: exactArgs(0),
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { flags, io } = invocation;
  const revision = flags.string('revision');
  if (flags.isGiven('revision') && !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(revision))
    throw new CommandError(`invalid revision specified: ${revision}`);
  const cluster = invocation.cluster();
  io.err(`${sail(io.interactive)}\n`);
  await checkVersion(cluster);
  await requireEmbedded(cluster);
  const installation = await asked(invocation);
  refuseMissing(installation);
  const { operator } = installation;
  const dryRun = flags.bool('dry-run');
  if (!dryRun && !flags.bool('skip-confirmation')) {
    const question = `This will install the Istio ${ISTIO_VERSION} profile ${JSON.stringify(operator.profile)} into the cluster. Proceed? (y/N)`;
    if (!(await confirmed(io, question))) cancel(io);
  }
  const progress = new Progress(io);
  if (dryRun) {
    for (const { title, icon } of installation.components)
      progress.done(`${title} installed ${icon}`);
    progress.done('Installation complete');
    return;
  }
  const namespace = systemNamespace(operator);
  if (!(await exists(cluster, objectPath(namespace))))
    await cluster.json('POST', collection(kinds.namespace), { body: namespace });
  const installer = new Installer(cluster, progress);
  await installer.install(installation, flags.duration('readiness-timeout'));
  await pointDefaultTag(cluster, installer, installation);
  progress.done('Installation complete');
  tellOfGateways(installation, io);
}

/** Those of a real installation would take traffic from outside. */
function tellOfGateways({ components }: Installation, io: Io): void {
  const names = components
    .filter(({ name }) => name.endsWith('Gateways'))
    .flatMap(({ objects }) => objects)
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) return;
  io.err(
    `The embedded cluster simulates no gateways: ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} there, and pass${names.length === 1 ? 'es' : ''} no traffic.\n`,
  );
}

export function cancel(io: Io): never {
  io.err('Cancelled.\n');
  throw new SilentExit(1);
}

/** What flags and files ask for. */
export async function asked({ flags, io }: Invocation): Promise<Installation> {
  const revision = flags.string('revision');
  if (flags.string('manifests') !== '')
    throw new CommandError(
      'generate config: charts of your own (--manifests) are not simulated: settings go into --set and -f',
    );
  const sets = [
    ...flags.strings('set'),
    ...(revision !== '' && revision !== 'default' ? [`revision=${revision}`] : []),
  ];
  try {
    const files: string[] = [];
    for (const path of flags.strings('filename')) files.push(await read(path, io));
    return installationOf({ files, sets, force: flags.bool('force') }, istioKinds());
  } catch (error) {
    if (error instanceof OperatorError) throw new CommandError(error.message, 1, { cause: error });
    throw error;
  }
}

async function read(path: string, io: Io): Promise<string> {
  if (path === '-') return io.readInput();
  try {
    return readFileSync(path.trim(), 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new OperatorError(
      `generate config: merge inputs: open ${path}: no such file or directory`,
    );
  }
}

export function refuseMissing({ operator, missing }: Installation): void {
  if (missing.length === 0) return;
  const [verb, plural] = missing.length === 1 ? ['is', ''] : ['are', 's'];
  throw new CommandError(
    `the component${plural} ${missing.join(' and ')} (profile ${operator.profile}) ${verb} not simulated on the embedded cluster: choose the profile minimal, default or demo, or use a real cluster (MESHPROOF_ENGINE=kind)`,
  );
}

/**
 * What is made here needs the simulated images: on any other cluster it would be half an Istio. --context and $KUBECONFIG may
 * lead to one.
 */
export async function requireEmbedded(cluster: ClusterClient): Promise<void> {
  const nodes = await cluster.list(collection(kinds.node));
  if (nodes.some((node) => at(node, 'status', 'nodeInfo', 'machineID') === MACHINE_ID)) return;
  throw new CommandError(
    `${cluster.access.server.href} is no embedded cluster of Meshproof, and this istioctl changes no other. Leave out --context, --kubeconfig and $KUBECONFIG, or use the real istioctl there`,
  );
}

/** Istio 1.30 is tested against Kubernetes 1.32 and newer. */
const OLDEST_MINOR = 32;

async function checkVersion(cluster: ClusterClient): Promise<void> {
  const asking = 'check minimum supported Kubernetes version: ';
  const version = await cluster.json('GET', '/version').catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`${asking}error getting Kubernetes version: ${error.message}`);
  });
  const { minor, gitVersion } = fieldsOf(version);
  if (Number(stringOf(minor).replace(/\D.*$/, '')) >= OLDEST_MINOR) return;
  throw new CommandError(
    `${asking}The Kubernetes version ${stringOf(gitVersion)} is not supported by Istio ${ISTIO_VERSION}. The minimum supported Kubernetes version is 1.${OLDEST_MINOR}`,
  );
}

/**
 * The first installation, and each one of the default revision, answers for `istio-injection=enabled`; then its own injector
 * steps back, or each pod would be asked about twice.
 */
async function pointDefaultTag(
  cluster: ClusterClient,
  installer: Installer,
  installation: Installation,
): Promise<void> {
  const { operator } = installation;
  if (!installation.components.some(({ name }) => name === 'Pilot')) return;
  const tags = await cluster.list(
    `${collection(kinds.mutatingWebhook)}${selecting('app=sidecar-injector,istio.io/tag=default')}`,
  );
  if (tags.length > 0 && operator.revision !== '') return;
  const labels = {
    ...ownerLabels(operator, 'Pilot'),
    [NOT_PRUNED_LABEL]: 'true',
  };
  await deactivateInjectors(cluster);
  for (const object of defaultTag(installation))
    await installer.applyOne({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
    });
}

const NEVER = { matchLabels: { 'istio.io/deactivated': 'never-match' } };

/** Injectors of the default revision choose nobody while a tag does it for them. */
export async function deactivateInjectors(cluster: ClusterClient): Promise<void> {
  const injectors = await cluster.list(
    `${collection(kinds.mutatingWebhook)}${selecting('istio.io/rev=default,!istio.io/tag')}`,
  );
  for (const injector of injectors) {
    const { webhooks } = injector as unknown as { webhooks: unknown[] };
    await cluster.json('PATCH', `${collection(kinds.mutatingWebhook)}/${injector.metadata.name}`, {
      contentType: 'application/json-patch+json',
      body: webhooks.flatMap((_, index) => [
        { op: 'replace', path: `/webhooks/${index}/namespaceSelector`, value: NEVER },
        { op: 'replace', path: `/webhooks/${index}/objectSelector`, value: NEVER },
      ]),
    });
  }
}
