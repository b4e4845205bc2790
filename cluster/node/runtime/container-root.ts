// The files of one container: its image's tree with a writable layer, the files the kubelet manages, its volumes, /dev
// and /proc. Knows nothing of processes but what /proc tells of them.

import type { Clock } from '../../clock.ts';
import { bytesOf, textOf } from '../../streams.ts';
import { FileError } from '../file-system.ts';
import type { Process } from '../process.ts';
import type { ContainerConfig } from '../runtime.ts';
import { type Mount, MountTable, UserFiles, parentOf } from './container-files.ts';
import { DeviceFiles } from './device-files.ts';
import { DEFAULT_PATH, imageTree } from './executables.ts';
import { MemoryFiles } from './memory-files.ts';
import { ProcFiles, type ProcProcess } from './proc-files.ts';
import type { Task } from './task.ts';

export interface ContainerRootOptions {
  clock: Clock;
  random: () => number;
  maxBytes: number;
  tasks: () => readonly Task[];
}

const ROOT = { uid: 0, gid: 0 };

export class ContainerRoot {
  readonly #config: ContainerConfig;
  readonly #options: ContainerRootOptions;
  readonly #files: MemoryFiles;
  readonly #mounts: readonly Mount[];
  readonly #startedAt: number;

  constructor(config: ContainerConfig, options: ContainerRootOptions) {
    this.#config = config;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#files = new MemoryFiles({
      now: () => options.clock.now(),
      maxBytes: options.maxBytes,
      base: imageTree(config.image),
    });
    this.#mounts = this.#mount();
  }

  /** Bytes of the writable layer. */
  get usedBytes(): number {
    return this.#files.usedBytes;
  }

  /** The files as a user sees them; with a process, also that process's /proc. */
  of(user: { uid: number; gid: number }, task?: Task): UserFiles {
    const proc: Mount[] = task
      ? [{ path: '/proc', files: this.#procFiles(task), root: '/', readOnly: false }]
      : [];
    return new UserFiles(new MountTable([...this.#mounts, ...proc]), user);
  }

  /** runc makes the working directory when it is not there. */
  ensureDirectory(path: string): void {
    if (!this.of(ROOT).stat(path)) this.#files.makeDirectory(path, true);
  }

  readHosts(): string {
    try {
      return textOf(this.of(ROOT).readFile('/etc/hosts'));
    } catch (error) {
      if (error instanceof FileError) return ''; // Somebody removed it: then it lists nobody.
      throw error;
    }
  }

  /** Name and home as /etc/passwd has them; a user it does not list is a number without a home. */
  user(): Process['user'] {
    const { uid, gid } = this.#config.user;
    const files = this.of(ROOT);
    const passwd = files.stat('/etc/passwd') ? textOf(files.readFile('/etc/passwd')) : '';
    for (const line of passwd.split('\n')) {
      const [name = '', , id, , , home = '/'] = line.split(':');
      if (id === String(uid)) return { uid, gid, name, home };
    }
    return { uid, gid, name: String(uid), home: '/' };
  }

  #mount(): Mount[] {
    const { config, files } = { config: this.#config, files: this.#files };
    const covered = new Set(config.mounts.map(({ path }) => path));
    const write = (path: string, text: string) => {
      if (covered.has(path)) return;
      files.makeDirectory(parentOf(path), true);
      files.writeFile(path, bytesOf(text));
    };
    write('/etc/hosts', hostsFile(config));
    write('/etc/hostname', `${config.hostname}\n`);
    write('/etc/resolv.conf', resolverFile(config));
    const devices = new DeviceFiles(this.#options.random, this.#startedAt);
    return [
      { path: '/', files, root: '/', readOnly: config.readOnlyRoot ?? false },
      { path: '/dev', files: devices, root: '/', readOnly: false },
      ...config.mounts.map((mount) => this.#volume(mount)),
    ];
  }

  #volume({ path, source, subPath, readOnly }: ContainerConfig['mounts'][number]): Mount {
    const root = subPath ? `/${subPath.replace(/^\/+|\/+$/g, '')}` : '/';
    const files = source.files;
    if (subPath && !files.stat(root) && !source.readOnly) files.makeDirectory(root, true);
    const isFile = files.stat(root)?.type === 'file';
    this.#makeMountPoint(path, isFile);
    const mount = { path: path.replace(/(.)\/+$/, '$1'), readOnly: readOnly || source.readOnly };
    if (!isFile || !source.readOnly) return { ...mount, files, root };
    // A file mounted by subPath stays what it was at the start: the volume's later versions are other files.
    const frozen = new MemoryFiles({ now: () => this.#options.clock.now(), maxBytes: Infinity });
    const info = files.stat(root);
    frozen.writeFile('/file', files.readFile(root), info?.mode);
    return { ...mount, files: frozen, root: '/file' };
  }

  /** Something must be there for `ls` of the directory above to show. */
  #makeMountPoint(path: string, isFile: boolean): void {
    const files = this.#files;
    if (path.startsWith('/dev/') || path.startsWith('/proc/')) return;
    if (files.stat(path)) return;
    if (!isFile) return files.makeDirectory(path, true);
    files.makeDirectory(parentOf(path), true);
    files.writeFile(path, new Uint8Array());
  }

  #procFiles(task: Task): ProcFiles {
    const mounts = [...this.#mounts, { path: '/proc', readOnly: false }];
    return new ProcFiles(
      {
        now: () => this.#options.clock.now(),
        startedAt: this.#startedAt,
        hostname: this.#config.hostname,
        mounts,
        processes: () => this.#options.tasks().map(procProcess),
        writeStream: (fd, bytes) => {
          // A device has no way to make its writer wait or fail; what nobody reads is lost, as with a closed screen.
          (fd === 1 ? task.stdout : task.stderr).write(bytes).catch(() => {});
        },
      },
      task.pid,
    );
  }
}

/** What the first process and every exec start with: containerd's own variables, then the image's and the pod's. */
export function environment(config: ContainerConfig, home: string): Map<string, string> {
  const env = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', config.hostname],
  ]);
  if (config.tty) env.set('TERM', 'xterm');
  for (const [name, value] of config.env) env.set(name, value);
  if (!env.has('HOME')) env.set('HOME', home);
  return env;
}

/** As the kubelet writes it. */
function hostsFile({ net }: ContainerConfig): string {
  const [, own, ...aliases] = net.hosts;
  const line = ({ ip, names }: { ip: string; names: readonly string[] }) =>
    `${ip}\t${names.join('\t')}\n`;
  const added =
    aliases.length > 0 ? `\n# Entries added by HostAliases.\n${aliases.map(line).join('')}` : '';
  return `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
fe00::\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${own ? line(own) : ''}${added}`;
}

function resolverFile({ net }: ContainerConfig): string {
  const { nameserver, search, ndots } = net.resolver;
  const searches = search.length > 0 ? `search ${search.join(' ')}\n` : '';
  const options = ndots === 1 ? '' : `options ndots:${ndots}\n`;
  return `${searches}nameserver ${nameserver}\n${options}`;
}

function procProcess(task: Task): ProcProcess {
  const { pid, ppid, argv, env, cwd, user, startedAt, memoryBytes } = task;
  const state = task.stopped ? 'T' : 'S';
  return { pid, ppid, argv, env, cwd, uid: user.uid, gid: user.gid, startedAt, state, memoryBytes };
}
