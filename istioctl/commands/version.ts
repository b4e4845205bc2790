// istioctl version: its own version, and what istiod and the proxies say theirs are.
// Source: istio/istio istioctl/pkg/version (what is printed where).

import { formatYaml } from '../../cluster/schema/yaml.ts';
import { type BuildInfo, clientBuild } from '../build.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import { askIstiod, type ConnectedProxy, connectedProxies, istiodPods } from '../istiod.ts';

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
    io.out(output === 'json' ? `${JSON.stringify(all, undefined, 2)}\n` : formatYaml(all));
    return;
  }
  const text = flags.bool('short') ? ({ version }: BuildInfo) => version : goOf;
  const lines = [`client version: ${text(clientBuild)}`];
  if (mesh) {
    const versions = [...new Set(mesh.components.map(({ Info }) => text(Info)))];
    for (const version of versions) lines.push(`control plane version: ${version}`);
    lines.push(...(flags.bool('short') ? [proxyLine(mesh.proxies)] : mesh.proxies.map(goProxy)));
  }
  io.out(`${lines.join('\n')}\n`);
}

/** Undefined where there is no mesh, and stderr says so. */
async function meshVersions(invocation: Invocation): Promise<Mesh | undefined> {
  const { flags, io, istioNamespace } = invocation;
  const cluster = invocation.cluster();
  let pods;
  try {
    pods = await istiodPods(cluster, istioNamespace, flags.string('revision') || undefined);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    io.err(`unable to retrieve Pods: ${error.message}\n`);
    return undefined;
  }
  if (pods.length === 0) {
    io.err(
      `Istio is not present in the cluster: no running Istio pods in namespace ${JSON.stringify(istioNamespace)}\n`,
    );
    return undefined;
  }
  const mesh: Mesh = { components: [], proxies: [] };
  for (const pod of pods) {
    // `1.30.3-<revision>-Clean`
    const [version = '', revision = '', status = ''] = (
      await askIstiod(cluster, pod, '/version')
    ).split('-');
    const label = pod.metadata.labels?.['istio.io/rev'];
    mesh.components.push({
      Component: 'pilot',
      ...(label !== undefined && { Revision: label }),
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
