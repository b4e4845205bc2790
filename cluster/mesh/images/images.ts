// Istio's images as the node runs them, bound to the mesh of one cluster: the proxy and istiod.
// Shell and tools come from whoever makes the node's other images.

import type { Image, ImageFile } from '../../node/image.ts';
import type { Program } from '../../node/process.ts';
import type { Cancel } from '../../platform.ts';
import type { Mesh } from '../mesh.ts';
import { ISTIO_HUB, ISTIO_VERSION } from '../version.ts';
import { pilotAgent } from './pilot-agent.ts';
import { pilotDiscovery } from './pilot-discovery.ts';

export interface MeshImageFamily {
  repository: string;
  /** Full names of the same images in other registries. */
  aliases: readonly string[];
  examples: readonly string[];
  image(tag: string): Image | undefined;
}

export interface Userland {
  programs: Readonly<Record<string, Program>>;
  files: Readonly<Record<string, ImageFile>>;
}

/**
 * @param userlandOf is asked when the first image is made: most clusters never run one.
 * @param startDuties begins what a running istiod of a revision does in the cluster, and ends it.
 */
export function meshImages(
  mesh: Mesh,
  userlandOf: () => Userland,
  startDuties: (revision: string) => Cancel,
): MeshImageFamily[] {
  return [
    family('proxyv2', userlandOf, (tag, userland) => ({
      ...base(userland, tag),
      repository: 'istio/proxyv2',
      entrypoint: ['/usr/local/bin/pilot-agent'],
      size: 98_000_000,
      memory: 45 * 1024 * 1024,
      programs: {
        ...userland.programs,
        '/usr/local/bin/pilot-agent': pilotAgent(mesh, version(tag)),
      },
    })),
    family('pilot', userlandOf, (tag, userland) => ({
      ...base(userland, tag),
      repository: 'istio/pilot',
      entrypoint: ['/usr/local/bin/pilot-discovery'],
      size: 72_000_000,
      memory: 80 * 1024 * 1024,
      programs: {
        ...userland.programs,
        '/usr/local/bin/pilot-discovery': pilotDiscovery(mesh, version(tag), startDuties),
      },
    })),
  ];
}

function base(
  userland: Userland,
  tag: string,
): Omit<Image, 'repository' | 'entrypoint' | 'size' | 'programs'> {
  return {
    tags: [tag],
    cmd: [],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    workingDir: '/',
    user: { uid: 1337, gid: 1337, name: 'istio-proxy', home: '/home/istio-proxy' },
    stopSignal: 'SIGTERM',
    files: userland.files,
  };
}

function version(tag: string): string {
  return tag.replace(/-(debug|distroless)$/, '');
}

function family(
  name: string,
  userlandOf: () => Userland,
  make: (tag: string, userland: Userland) => Image,
): MeshImageFamily {
  const made = new Map<string, Image>();
  return {
    repository: `istio/${name}`,
    aliases: [`${ISTIO_HUB}/${name}`],
    examples: [ISTIO_VERSION],
    image: (tag) => {
      if (!/^1\.(2\d|3\d)\.\d+(-(debug|distroless))?$/.test(tag)) return undefined;
      let image = made.get(tag);
      if (!image) made.set(tag, (image = make(tag, userlandOf())));
      return image;
    },
  };
}
