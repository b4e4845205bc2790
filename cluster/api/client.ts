// How the cluster's own parts (controllers, scheduler, kubelet, mesh) speak to its API: the same admission, defaulting,
// validation and managedFields as for anybody, without HTTP and JSON in between.

import type { KubeObject } from '../object.ts';
import type { GroupResource } from '../schema/resource.ts';

/** What a writer gives: the API fills in the rest of the metadata. */
export interface Draft {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; generateName?: string; namespace?: string } & Record<string, unknown>;
  [field: string]: unknown;
}

export interface DeleteOptions {
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/**
 * Rejects with StatusError. Reads come straight from the store and are never stale.
 * One client a component: its name is the user and the field manager of what it writes.
 */
export interface ApiClient {
  get(resource: GroupResource, namespace: string | undefined, name: string): KubeObject | undefined;
  list(resource: GroupResource, namespace?: string): KubeObject[];
  /** `bindings` too: that is how the scheduler assigns a pod to a node. */
  create(resource: GroupResource, draft: Draft): Promise<KubeObject>;
  /** Replaces the object (not its status). The resourceVersion in it must be the stored one. */
  update(resource: GroupResource, object: KubeObject): Promise<KubeObject>;
  updateStatus(resource: GroupResource, object: KubeObject): Promise<KubeObject>;
  /**
   * Reads, lets `change` edit a copy, writes, and starts again on a conflict. `change` returns false to leave it as it is.
   * Resolves with the stored object, or undefined when it is not there (any more).
   */
  modify(
    resource: GroupResource,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void | false,
    /** `finalize` is the namespace controller's way to take a namespace's last finalizer (spec.finalizers) away. */
    subresource?: 'status' | 'finalize',
  ): Promise<KubeObject | undefined>;
  delete(
    resource: GroupResource,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<void>;
}
