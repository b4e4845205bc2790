// istioctl version: its own version, and what istiod and the proxies say theirs are.
// Source: istio/istio istioctl/pkg/version (what is printed where).

import { formatYaml } from '../../cluster/schema/yaml.ts';
import { type BuildInfo, clientBuild } from '../build.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import {
  askIstiod,
  type ConnectedProxy,
  connectedProxies,
  defaultRevision,
  istiodPods,
  isReady,
} from '../istiod.ts';

export const command: Command = {
  long: 'Prints out build version information',
  example: `# Retrieve version information via istioctl's own build
  istioctl version --remote=false

  # Ask the control plane and the proxies too, as JSON
  istioctl version -o json`,
  flags: [
    { name: 'output', short: 'o', type: 'string', usage: "One of 'yaml' or 'json'." },
    {
      name: 'remote',
      type: 'bool',
      default: true,
      usage: 'Use --remote=false to suppress control plane check',
    },
    { name: 'revision', short: 'r', type: 'string', usage: 'Control plane revision' },
    {
      name: 'short',
      short: 's',
      type: 'bool',
      default: true,
      usage: 'Use --short=false to generate full version information',
    },
  ],
  run,
};

interface Component {
  Component: string;
  Revision?: string;
  Info: BuildInfo;
}

interface Mesh {
  components: Component[];
  proxies: ConnectedProxy[];
}

async function run(invocation: Invocation): Promise<void> {
  const { flags, io } = invocation;
  const output = flags.string('output');
  if (output !== '' && output !== 'json' && output !== 'yaml')
    throw new CommandError(`--output must be 'yaml' or 'json'`);
  const mesh = flags.bool('remote') ? await meshVersions(invocation) : undefined;
  if (output !== '') {
    const all = {
      clientVersion: clientBuild,
      ...(mesh && {
        meshVersion: mesh.components,
        dataPlaneVersion: mesh.proxies.map(({ id, version }) => ({
          ID: id,
          IstioVersion: version,
        })),
      }),
    };
    io.out(`${output === 'json' ? JSON.stringify(all, undefined, 2) : formatYaml(all)}\n`);
    return;
  }
  const text = flags.bool('short') ? ({ version }: BuildInfo) => version : goOf;
  const lines = [`client version: ${text(clientBuild)}`];
  if (mesh) {
    const all = flags.bool('short') ? coalesced(mesh.components) : mesh.components;
    for (const { Component, Info } of all) lines.push(`${Component} version: ${text(Info)}`);
    lines.push(...(flags.bool('short') ? [proxyLine(mesh.proxies)] : mesh.proxies.map(goProxy)));
  }
  io.out(`${lines.join('\n')}\n`);
}

/** Control planes of one version are one. */
function coalesced(components: readonly Component[]): readonly Component[] {
  const [first, ...others] = components;
  if (!first || others.some(({ Info }) => Info.version !== first.Info.version)) return components;
  return [{ ...first, Component: 'control plane' }];
}

/** Undefined where there is no mesh, and stderr says so. */
async function meshVersions(invocation: Invocation): Promise<Mesh | undefined> {
  const { flags, io, istioNamespace } = invocation;
  const cluster = invocation.cluster();
  const absent = (why: string) => {
    io.err(`Istio is not present in the cluster: ${why}\n`);
    return undefined;
  };
  let pods;
  try {
    const revision = flags.string('revision') || (await defaultRevision(cluster));
    pods = (await istiodPods(cluster, istioNamespace, revision)).filter(isReady);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return absent(`unable to retrieve Pods: ${error.message}`);
  }
  if (pods.length === 0)
    return absent(`no running Istio pods in namespace ${JSON.stringify(istioNamespace)}`);
  const mesh: Mesh = { components: [], proxies: [] };
  for (const pod of pods) {
    // `1.30.3-<revision>-Clean`
    const [version = '', revision = '', status = ''] = (
      await askIstiod(cluster, pod, '/version')
    ).split('-');
    const labels = pod.metadata.labels ?? {};
    mesh.components.push({
      Component: labels['istio'] ?? '',
      ...(labels['istio.io/rev'] !== undefined && { Revision: labels['istio.io/rev'] }),
      Info: { version, revision, golang_version: '', status, tag: version },
    });
    mesh.proxies.push(...(await connectedProxies(cluster, pod)));
  }
  return mesh;
}

function proxyLine(proxies: readonly ConnectedProxy[]): string {
  const counts = Map.groupBy(proxies, ({ version }) => version);
  if (counts.size === 0) return 'data plane version: none';
  const each = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, of]) => `${version} (${of.length} proxies)`);
  return `data plane version: ${each.join(', ')}`;
}

/** As Go prints a struct with its names. */
function goOf({ version, revision, golang_version, status, tag }: BuildInfo): string {
  return `version.BuildInfo{Version:"${version}", GitRevision:"${revision}", GolangVersion:"${golang_version}", BuildStatus:"${status}", GitTag:"${tag}"}`;
}

function goProxy({ id, version }: ConnectedProxy): string {
  return `data plane version: version.ProxyInfo{ID:"${id}", IstioVersion:"${version}"}`;
}
