// Revisions of the control plane: what each one's objects are called, and which one a pod belongs to. The default one's names
// have no suffix. Tags point at revisions; no istiod is called after one.

import type { ObjectMeta } from '../object.ts';

export const DEFAULT_REVISION = 'default';

/** The name of a revision's own Service, ConfigMap or Deployment: `istiod`, `istiod-canary`. */
export function ofRevision(name: string, revision: string): string {
  return revision === DEFAULT_REVISION ? name : `${name}-${revision}`;
}

const TAG_SERVICE = /^istiod-revision-tag-/;

/** The revision whose Service this is; undefined for a Service that is no istiod's own. */
export function revisionOfService(service: string): string | undefined {
  if (service === 'istiod') return DEFAULT_REVISION;
  if (TAG_SERVICE.test(service)) return undefined;
  return /^istiod-(.+)$/.exec(service)?.[1];
}

/** The revision that injected the pod, and that its proxy therefore asks. */
export function revisionOfPod({ annotations }: Pick<ObjectMeta, 'annotations'>): string {
  return annotations?.['istio.io/rev'] ?? DEFAULT_REVISION;
}
