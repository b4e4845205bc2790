// The volumes of one pod, and where each container finds them. Files that follow an object (ConfigMaps, Secrets, the pod's own
// fields, tokens) are laid out as a real kubelet does: a dated directory behind `..data`, so that an update is one step.
// Source: the public documentation of volumes, projected volumes and subPath.

import type { Container, Pod } from '../../controllers/kinds.ts';
import { quantity } from '../../controllers/quantity.ts';
import { decodeBase64, encodeBase64 } from '../../schema/base64.ts';
import { bytesOf, textOf } from '../../streams.ts';
import { microTimestamp } from '../../time.ts';
import type { FileSystem, VolumeSource } from '../file-system.ts';
import { MemoryFiles } from '../runtime/memory-files.ts';
import type { ContainerConfig } from '../runtime.ts';
import { ConfigError, containerVariables, expand } from './environment.ts';
import { fieldValue, resourceValue } from './fields.ts';
import type { NodeParts } from './parts.ts';

/** Why a volume cannot be mounted: the message of a FailedMount event. */
export class VolumeError extends Error {
  constructor(volume: string, why: string) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${why}`);
    this.name = 'VolumeError';
  }
}

type FileEntry = [path: string, kind: 'file' | 'directory' | 'link', mode: number, content: string];

/** Plain data: the files of each emptyDir, and of each volume whose object has gone, as base64. */
export type VolumesSnapshot = Record<string, FileEntry[]>;

type Volume = NonNullable<Pod['spec']['volumes']>[number];
type Payload = Map<string, { bytes: Uint8Array; mode: number }>;

interface Mounted {
  source: VolumeSource;
  files: MemoryFiles;
  /** What was last written, to see whether an update is one. */
  payload: Payload | undefined;
}

/** Kubernetes' default for files of ConfigMaps, Secrets and projections. */
const DEFAULT_MODE = 0o644;
/** Kubernetes' default for projected tokens. */
const DEFAULT_TOKEN_SECONDS = 3_600;
/** The share of a token's life after which the kubelet asks for another. */
const TOKEN_LIFE = 0.8;
/** The kubelet reads no more of a termination message. */
const MESSAGE_BYTES = 4_096;
const MESSAGE_FILE = '/termination-log';
/** Files that follow objects are small: an object's own limit is 1.5 MiB. */
const PAYLOAD_BYTES = 4 * 1024 * 1024;

export class PodVolumes {
  readonly #parts: NodeParts;
  readonly #pod: () => Pod;
  readonly #mounted = new Map<string, Mounted>();
  readonly #messages = new Map<string, MemoryFiles>();
  readonly #tokens = new Map<string, { text: string; renewAt: number }>();

  /** @param pod the pod as it is when asked. */
  constructor(pod: () => Pod, parts: NodeParts) {
    this.#pod = pod;
    this.#parts = parts;
  }

  /** Makes every volume. Throws VolumeError for the first that cannot be made. */
  setUp(): void {
    for (const volume of this.#pod().spec.volumes ?? []) {
      if (!this.#mounted.has(volume.name)) this.#mounted.set(volume.name, this.#make(volume));
    }
  }

  /** Makes the volumes of a pod that ran, as they were. What has gone missing meanwhile stays as it was. */
  resume(snapshot: VolumesSnapshot = {}): void {
    for (const volume of this.#pod().spec.volumes ?? []) {
      const missing = this.#missing(volume);
      const mounted = missing ? this.#orphan() : this.#make(volume);
      restoreFiles(mounted.files, snapshot[volume.name] ?? []);
      this.#mounted.set(volume.name, mounted);
    }
  }

  tearDown(): void {
    this.#mounted.clear();
  }

  /** Brings files up to date with the objects they come from. What has gone missing meanwhile stays as it was. */
  refresh(): void {
    for (const volume of this.#pod().spec.volumes ?? []) {
      const mounted = this.#mounted.get(volume.name);
      if (!mounted?.payload) continue;
      try {
        this.#fill(mounted, this.#payloadOf(volume));
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
      }
    }
  }

  /** Whether a volume shows the object. */
  refersTo(kind: 'configMap' | 'secret', name: string): boolean {
    return (this.#pod().spec.volumes ?? []).some((volume) =>
      [volume, ...(volume.projected?.sources ?? [])].some((source) =>
        kind === 'configMap'
          ? source.configMap?.name === name
          : 'secretName' in (source.secret ?? {})
            ? (source as Volume).secret?.secretName === name
            : (source as { secret?: { name?: string } }).secret?.name === name,
      ),
    );
  }

  /** Mounts of one container, deeper paths last. Throws ConfigError. */
  mounts(container: Container): ContainerConfig['mounts'] {
    const mounts = (container.volumeMounts ?? []).map((mount) => {
      const mounted = this.#mounted.get(mount.name);
      if (!mounted) throw new ConfigError(`volume ${mount.name} is not mounted`);
      const path = normal(mount.mountPath);
      const readOnly = (mount.readOnly ?? false) || mounted.source.readOnly;
      const subPath = this.#subPath(container, mount);
      if (!subPath) return { path, source: mounted.source, readOnly };
      return { path, source: subPathSource(mounted, subPath), subPath, readOnly };
    });
    mounts.push(this.#messageMount(container));
    return mounts.sort((a, b) => a.path.length - b.path.length);
  }

  /** What the last run wrote for its owner to read. */
  terminationMessage(container: Container): string | undefined {
    const files = this.#messages.get(container.name);
    if (!files?.stat(MESSAGE_FILE)) return undefined;
    return textOf(files.readFile(MESSAGE_FILE).slice(0, MESSAGE_BYTES));
  }

  snapshot(): VolumesSnapshot | undefined {
    const volumes = this.#pod().spec.volumes ?? [];
    const entries = [...this.#mounted]
      // What an object says is read from the object again.
      .filter(([name, { payload }]) => {
        const volume = volumes.find((each) => each.name === name);
        return payload === undefined || (volume && this.#missing(volume));
      })
      .map(([name, { files }]) => [name, filesBelow(files, '/')] as const);
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }

  #messageMount(container: Container): ContainerConfig['mounts'][number] {
    // Each run starts with an empty message.
    const files = this.#empty(MESSAGE_BYTES * 4);
    files.writeFile(MESSAGE_FILE, new Uint8Array(), 0o666);
    this.#messages.set(container.name, files);
    return {
      path: normal(container.terminationMessagePath || '/dev/termination-log'),
      source: { readOnly: false, files },
      subPath: MESSAGE_FILE.slice(1),
      readOnly: false,
    };
  }

  #subPath(
    container: Container,
    { subPath, subPathExpr }: { subPath?: string; subPathExpr?: string },
  ): string | undefined {
    if (!subPathExpr) return subPath ? subPath.replace(/^\/+|\/+$/g, '') : undefined;
    const pod = this.#pod();
    const variables = containerVariables(pod, container, this.#place(), this.#parts.lookup);
    return expand(subPathExpr, (name) => variables.get(name)).replace(/^\/+|\/+$/g, '');
  }

  #place() {
    return {
      podIP: this.#pod().status?.podIP ?? '',
      hostIP: this.#parts.hostIP,
      allocatable: this.#parts.allocatable,
    };
  }

  #empty(maxBytes: number): MemoryFiles {
    return new MemoryFiles({ now: () => this.#parts.clock.now(), maxBytes });
  }

  #make(volume: Volume): Mounted {
    if (volume.emptyDir) {
      const limit = quantity(volume.emptyDir.sizeLimit);
      const files = this.#empty(
        limit > 0
          ? Math.min(limit, this.#parts.limits.containerFileBytes)
          : this.#parts.limits.containerFileBytes,
      );
      files.setMode('/', 0o777);
      return { source: { readOnly: false, files }, files, payload: undefined };
    }
    const payload = this.#payloadOf(volume);
    const files = this.#empty(PAYLOAD_BYTES);
    const mounted: Mounted = { source: { readOnly: true, files }, files, payload: undefined };
    this.#fill(mounted, payload);
    return mounted;
  }

  /** Whether the objects that fill a volume are not there, or not whole. */
  #missing(volume: Volume): boolean {
    if (volume.emptyDir) return false;
    try {
      this.#payloadOf(volume);
      return false;
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      return true;
    }
  }

  /** A volume whose object has gone. Should the object come back, the next refresh fills it. */
  #orphan(): Mounted {
    const files = this.#empty(PAYLOAD_BYTES);
    return { source: { readOnly: true, files }, files, payload: new Map() };
  }

  /** Writes the files behind a new dated directory, and then turns `..data` to it. */
  #fill(mounted: Mounted, payload: Payload): void {
    if (mounted.payload && samePayload(mounted.payload, payload)) return;
    const { files } = mounted;
    const old = files.stat('/..data', false)?.target;
    const dated = datedName(this.#parts.clock.now(), old);
    files.makeDirectory(`/${dated}`);
    for (const [path, { bytes, mode }] of payload) {
      const parent = path.slice(0, path.lastIndexOf('/') + 1);
      if (parent) files.makeDirectory(`/${dated}/${parent.slice(0, -1)}`, true);
      files.writeFile(`/${dated}/${path}`, bytes, mode);
    }
    if (old !== undefined) files.remove('/..data');
    files.link(dated, '/..data');
    const tops = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
    for (const name of files.list('/'))
      if (!name.startsWith('..') && !tops.has(name)) files.remove(`/${name}`);
    for (const name of tops)
      if (!files.stat(`/${name}`, false)) files.link(`..data/${name}`, `/${name}`);
    if (old !== undefined) files.remove(`/${old}`, true);
    mounted.payload = payload;
  }

  #payloadOf(volume: Volume): Payload {
    const refuse = (why: string) => new VolumeError(volume.name, why);
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap)
      return this.#configMap(configMap, configMap.name ?? '', configMap.defaultMode, refuse);
    if (secret) return this.#secret(secret, secret.secretName ?? '', secret.defaultMode, refuse);
    if (downwardAPI)
      return this.#downward(downwardAPI.items ?? [], downwardAPI.defaultMode, refuse);
    if (projected) {
      const mode = projected.defaultMode;
      const all: Payload = new Map();
      for (const source of projected.sources ?? []) {
        const part = source.configMap
          ? this.#configMap(source.configMap, source.configMap.name ?? '', mode, refuse)
          : source.secret
            ? this.#secret(source.secret, source.secret.name ?? '', mode, refuse)
            : source.downwardAPI
              ? this.#downward(source.downwardAPI.items ?? [], mode, refuse)
              : source.serviceAccountToken
                ? this.#token(source.serviceAccountToken, mode)
                : undefined;
        if (!part) throw refuse('this kind of projection is not simulated');
        for (const [path, file] of part) all.set(path, file);
      }
      return all;
    }
    if (volume.hostPath)
      throw refuse('hostPath is not simulated: the node of this cluster has no files of its own');
    const kind = Object.keys(volume).find((field) => field !== 'name') ?? 'unknown';
    throw refuse(`${kind} volumes are not simulated`);
  }

  #configMap(
    source: KeySource,
    name: string,
    mode: number | undefined,
    refuse: (why: string) => VolumeError,
  ): Payload {
    const map = this.#parts.lookup.configMap(this.#pod().metadata.namespace ?? '', name);
    if (!map) {
      if (source.optional) return new Map();
      throw refuse(`configmap "${name}" not found`);
    }
    const data = new Map([
      ...Object.entries(map.data ?? {}).map(([key, text]) => [key, bytesOf(text)] as const),
      ...Object.entries(map.binaryData ?? {}).map(([key, text]) => [key, decoded(text)] as const),
    ]);
    return project(data, source, mode, (key) =>
      refuse(`configmap references non-existent config key: ${key}`),
    );
  }

  #secret(
    source: KeySource,
    name: string,
    mode: number | undefined,
    refuse: (why: string) => VolumeError,
  ): Payload {
    const secret = this.#parts.lookup.secret(this.#pod().metadata.namespace ?? '', name);
    if (!secret) {
      if (source.optional) return new Map();
      throw refuse(`secret "${name}" not found`);
    }
    const data = new Map(
      Object.entries(secret.data ?? {}).map(([key, text]) => [key, decoded(text)] as const),
    );
    return project(data, source, mode, (key) =>
      refuse(`references non-existent secret key: ${key}`),
    );
  }

  #downward(
    items: readonly DownwardItem[],
    defaultMode: number | undefined,
    refuse: (why: string) => VolumeError,
  ): Payload {
    const pod = this.#pod();
    const payload: Payload = new Map();
    for (const { path, fieldRef, resourceFieldRef, mode } of items) {
      const text = fieldRef
        ? fieldValue(pod, this.#place(), fieldRef.fieldPath)
        : resourceFieldRef && resourceValue(pod, undefined, this.#place(), resourceFieldRef);
      if (text === undefined) throw refuse(`unsupported downward API item for ${path}`);
      payload.set(path, { bytes: bytesOf(text), mode: mode ?? defaultMode ?? DEFAULT_MODE });
    }
    return payload;
  }

  #token(
    source: { audience?: string; expirationSeconds?: number; path: string },
    mode: number | undefined,
  ): Payload {
    const { tokens, client, clock } = this.#parts;
    const { namespace = '', name, uid } = this.#pod().metadata;
    const account = this.#pod().spec.serviceAccountName ?? 'default';
    const stored = client.get('serviceaccounts', namespace, account);
    if (!tokens || !stored) return new Map();
    const key = `${source.audience ?? ''} ${source.path}`;
    let token = this.#tokens.get(key);
    const now = clock.now();
    if (!token || now >= token.renewAt) {
      const seconds = source.expirationSeconds ?? DEFAULT_TOKEN_SECONDS;
      const issued = tokens.issue(
        { namespace, name: account, uid: stored.metadata.uid },
        {
          ...(source.audience ? { audiences: [source.audience] } : {}),
          seconds,
          bound: { kind: 'Pod', name, uid },
        },
      );
      token = { text: issued.token, renewAt: now + seconds * 1000 * TOKEN_LIFE };
      this.#tokens.set(key, token);
    }
    return new Map([[source.path, { bytes: bytesOf(token.text), mode: mode ?? DEFAULT_MODE }]]);
  }
}

interface KeySource {
  optional?: boolean;
  items?: readonly { key: string; path: string; mode?: number }[];
}

interface DownwardItem {
  path: string;
  mode?: number;
  fieldRef?: { fieldPath: string };
  resourceFieldRef?: { containerName?: string; resource: string; divisor?: string | number };
}

/** All keys under their own names, or the listed ones under the listed paths. */
function project(
  data: ReadonlyMap<string, Uint8Array>,
  source: KeySource,
  defaultMode: number | undefined,
  missing: (key: string) => VolumeError,
): Payload {
  const payload: Payload = new Map();
  const mode = defaultMode ?? DEFAULT_MODE;
  if (!source.items || source.items.length === 0) {
    for (const [key, bytes] of data) payload.set(key, { bytes, mode });
    return payload;
  }
  for (const item of source.items) {
    const bytes = data.get(item.key);
    if (bytes) payload.set(item.path, { bytes, mode: item.mode ?? mode });
    else if (!source.optional) throw missing(item.key);
  }
  return payload;
}

/** A subPath of files that follow an object stays as it was at the start; one of an emptyDir is made when it is missing. */
function subPathSource(mounted: Mounted, subPath: string): VolumeSource {
  if (mounted.payload) {
    const files = new MemoryFiles({
      now: () => 0,
      maxBytes: PAYLOAD_BYTES,
      base: mounted.files.snapshotTree(),
    });
    return { readOnly: true, files };
  }
  if (!mounted.files.stat(`/${subPath}`)) mounted.files.makeDirectory(`/${subPath}`, true);
  return mounted.source;
}

function samePayload(a: Payload, b: Payload): boolean {
  if (a.size !== b.size) return false;
  for (const [path, file] of a) {
    const other = b.get(path);
    if (!other || other.mode !== file.mode || other.bytes.length !== file.bytes.length)
      return false;
    if (file.bytes.some((byte, at) => byte !== other.bytes[at])) return false;
  }
  return true;
}

/** `..2026_11_22_10_53_44.1234567890`: a name that the last one had not. */
function datedName(now: number, last: string | undefined): string {
  const [date = '', fraction = '0'] = microTimestamp(now).slice(0, -1).split('.');
  const name = `..${date.replaceAll(/[-T:]/g, '_')}.${fraction}`;
  return name === last ? `${name}1` : name;
}

function filesBelow(files: FileSystem, path: string): FileEntry[] {
  const entries: FileEntry[] = [];
  for (const name of files.list(path)) {
    const child = path === '/' ? `/${name}` : `${path}/${name}`;
    const info = files.stat(child, false);
    if (info?.type === 'link') entries.push([child, 'link', info.mode, info.target ?? '']);
    else if (info?.type === 'file')
      entries.push([child, 'file', info.mode, encodeBase64(files.readFile(child))]);
    else if (info?.type === 'directory')
      entries.push([child, 'directory', info.mode, ''], ...filesBelow(files, child));
  }
  return entries;
}

function restoreFiles(files: FileSystem, entries: readonly FileEntry[]): void {
  for (const [path, kind, mode, content] of entries) {
    if (kind === 'link') files.link(content, path);
    else if (kind === 'directory') files.makeDirectory(path);
    else files.writeFile(path, decoded(content), mode);
    if (kind === 'directory') files.setMode(path, mode);
  }
}

function decoded(base64: string): Uint8Array {
  const bytes = decodeBase64(base64);
  return 'wrongAt' in bytes ? new Uint8Array() : bytes;
}

function normal(path: string): string {
  const parts = path.split('/').filter(Boolean);
  return `/${parts.join('/')}`;
}
