// Kiali's image, bound to the API of one cluster. Shell and tools come from whoever makes the node's other images.

import type { Image, ImageFile } from '../node/image.ts';
import type { Program } from '../node/process.ts';
import { type KialiHost, kialiProgram } from './program.ts';

const TAGS = ['v2.26', 'v2.26.0', 'v2.26.1'];

export interface KialiImageFamily {
  repository: string;
  aliases: readonly string[];
  examples: readonly string[];
  image(tag: string): Image | undefined;
}

/** @param userlandOf is asked when the image is made: most clusters never run one. */
export function kialiImage(
  host: KialiHost,
  userlandOf: () => {
    programs: Readonly<Record<string, Program>>;
    files: Readonly<Record<string, ImageFile>>;
  },
): KialiImageFamily {
  let image: Image | undefined;
  return {
    repository: 'kiali/kiali',
    aliases: ['quay.io/kiali/kiali'],
    examples: TAGS,
    image: (tag) => {
      if (!TAGS.includes(tag)) return undefined;
      image ??= make(host, userlandOf());
      return image;
    },
  };
}

function make(
  host: KialiHost,
  userland: {
    programs: Readonly<Record<string, Program>>;
    files: Readonly<Record<string, ImageFile>>;
  },
): Image {
  return {
    repository: 'kiali/kiali',
    tags: TAGS,
    entrypoint: ['/opt/kiali/kiali'],
    cmd: [],
    env: {
      PATH: '/opt/kiali:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      KIALI_HOME: '/opt/kiali',
    },
    workingDir: '/opt/kiali',
    user: { uid: 1000, gid: 1000, name: 'kiali', home: '/opt/kiali' },
    stopSignal: 'SIGTERM',
    size: 77_000_000,
    memory: 60 * 1024 * 1024,
    files: userland.files,
    programs: { ...userland.programs, '/opt/kiali/kiali': kialiProgram(host) },
  };
}
