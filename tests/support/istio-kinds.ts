// Istio's kinds for a test's cluster, by the real kubectl: `applyIstioKinds(cluster)`. No istiod comes with them.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { istioKinds } from '../../istioctl/istio-kinds.ts';
import { pinnedKubectl } from './kubectl.ts';

/** Writes the definitions into a folder as one file, in the order of an Istio release. Returns its path. */
export function istioKindsFile(directory: string): string {
  const path = join(directory, 'istio-kinds.json');
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: istioKinds() }));
  return path;
}

/** Applies the definitions as `kubectl apply -f` does, and resolves when all of them are served. */
export async function applyIstioKinds({
  kubeconfig,
  directory,
  kubectl,
}: {
  kubeconfig: string;
  /** Where the file may be written. */
  directory: string;
  /** Default: the tests' own. */
  kubectl?: string;
}): Promise<void> {
  const path = kubectl ?? (await pinnedKubectl());
  const run = (...args: string[]) =>
    execFileSync(path, args, {
      env: { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(directory, 'cache') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  run('apply', '-f', istioKindsFile(directory));
  run('wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all');
}
