// What an image is to the node: a name, what it runs, and its files. One file an image, in images/.

import type { Program } from './process.ts';

export interface Image {
  /** Repository without registry and tag as people write it: `nginx`, `nginxdemos/hello`, `nicolaka/netshoot`. */
  repository: string;
  /** Tags this cluster can run; a function for families (`1.25`, `1.25-alpine` …). */
  tags: readonly string[] | ((tag: string) => boolean);
  /** What ENTRYPOINT and CMD say. `command` replaces the first, `args` the second. */
  entrypoint: readonly string[];
  cmd: readonly string[];
  env: Readonly<Record<string, string>>;
  workingDir: string;
  user: { uid: number; gid: number; name: string; home: string };
  /** What `stop` sends first. */
  stopSignal: 'SIGTERM' | 'SIGQUIT' | 'SIGINT' | 'SIGWINCH';
  /** Compressed bytes, as the registry lists them: for `Pulled` events and the time a pull takes. */
  size: number;
  /** Memory its main process holds at rest, in bytes: for `kubectl top`. Default 1 MiB. */
  memory?: number;
  /** Files of the image beside its programs. Directories above them need no entry. */
  files: Readonly<Record<string, ImageFile>>;
  /** Programs by absolute path. A shell finds them by PATH. They are files too: they can be listed, linked, copied and removed. */
  programs: Readonly<Record<string, Program>>;
}

/** Text and bytes belong to root with mode 0644, or 0755 when they begin with `#!`. */
export type ImageFile =
  | string
  | Uint8Array
  | { link: string }
  | { directory: true; mode?: number; uid?: number; gid?: number }
  | { content: string | Uint8Array; mode?: number; uid?: number; gid?: number };

export interface ResolvedImage {
  image: Image;
  tag: string;
  /** `docker.io/library/nginx:latest`, as container statuses show it. */
  reference: string;
  /** `docker.io/library/nginx@sha256:…`: made from the reference, stable for it. */
  imageId: string;
}

export interface ImageRegistry {
  /** A sentence for the ErrImagePull message when this cluster cannot run the image: it says what it can run. */
  resolve(reference: string): ResolvedImage | { error: string; invalidName: boolean };
}
