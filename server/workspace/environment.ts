// What a learner's shell knows of the machine: their own language, editor and PATH, the lab's settings, and nothing else
// of the server's environment, for that may hold secrets. Pure.

import { delimiter, join, sep } from 'node:path';
import type { EngineName } from '../config.ts';

/** Taken over from whoever started Meshproof. Anything that may carry a credential is not here, proxies included. */
const KEPT = [
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'EDITOR',
  'VISUAL',
  'PAGER',
  'TMPDIR',
];
const KEPT_PREFIX = 'LC_';

/** Where programs are when the PATH says nothing. */
const USUAL_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

export interface ShellPlace {
  /** The workspace's directory. */
  directory: string;
  kubeconfig: string;
  controlSocket: string;
  /** The clone of Meshproof that serves it. */
  root: string;
  /** The Node that runs Meshproof, for the commands in bin/. */
  node: string;
  /** What `cluster up` starts here. */
  engine: EngineName;
}

export function shellEnvironment(
  place: ShellPlace,
  env: Record<string, string | undefined>,
): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (KEPT.includes(entry[0]) || entry[0].startsWith(KEPT_PREFIX)),
  );
  const own = join(place.directory, '.meshproof');
  return {
    // Without a language bash would count bytes for letters.
    LANG: 'C.UTF-8',
    ...Object.fromEntries(kept),
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    PATH: shellPath(place, env['PATH'] ?? ''),
    // Everything that kubectl and helm would keep below the learner's home.
    KUBECONFIG: place.kubeconfig,
    KUBECACHEDIR: join(own, 'kube-cache'),
    KUBERC: 'off',
    HELM_CACHE_HOME: join(own, 'helm/cache'),
    HELM_CONFIG_HOME: join(own, 'helm/config'),
    HELM_DATA_HOME: join(own, 'helm/data'),
    MESHPROOF_WORKSPACE: place.directory,
    MESHPROOF_CONTROL: place.controlSocket,
    MESHPROOF_ROOT: place.root,
    MESHPROOF_NODE: place.node,
  };
}

/**
 * Ours first, then the learner's own without what npm put before it, and last what stands in for missing tools. The embedded
 * cluster has an istioctl of its own; a real one is spoken to by the learner's.
 */
function shellPath({ directory, root, engine }: ShellPlace, path: string): string {
  const theirs = path
    .split(delimiter)
    .filter((entry) => entry.startsWith(sep) && !isOfNpm(entry, root));
  return [
    join(directory, 'bin'),
    join(root, 'bin'),
    join(root, engine === 'embedded' ? 'bin/embedded' : 'bin/real'),
    ...(theirs.length > 0 ? theirs : USUAL_PATH),
    join(root, 'bin/fallback'),
  ].join(delimiter);
}

function isOfNpm(entry: string, root: string): boolean {
  return (
    entry.startsWith(join(root, sep)) ||
    entry.endsWith(join('node_modules', '.bin')) ||
    entry.endsWith('node-gyp-bin')
  );
}
