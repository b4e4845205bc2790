// The kinds that controllers and the node read and write, typed. This is the one place where a stored object, which the
// API has validated, is called by its type.

import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IReplicaSet } from 'kubernetes-models/apps/v1/ReplicaSet';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { ILease } from 'kubernetes-models/coordination.k8s.io/v1/Lease';
import type { IEndpointSlice } from 'kubernetes-models/discovery.k8s.io/v1/EndpointSlice';
import type { IEvent as ISeriesEvent } from 'kubernetes-models/events.k8s.io/v1/Event';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IContainerStatus } from 'kubernetes-models/v1/ContainerStatus';
import type { IEndpoints } from 'kubernetes-models/v1/Endpoints';
import type { IEvent } from 'kubernetes-models/v1/Event';
import type { INamespace } from 'kubernetes-models/v1/Namespace';
import type { INode } from 'kubernetes-models/v1/Node';
import type { IPod } from 'kubernetes-models/v1/Pod';
import type { IPodCondition } from 'kubernetes-models/v1/PodCondition';
import type { IPodStatus } from 'kubernetes-models/v1/PodStatus';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IService } from 'kubernetes-models/v1/Service';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { ApiClient, DeleteOptions } from '../api/client.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';

/** A kind of kubernetes-models as the store holds it: metadata complete, spec there. */
type Stored<Model> = Omit<Model, 'metadata' | 'spec' | 'status'> & {
  metadata: ObjectMeta;
} & (Model extends { spec?: infer Spec } ? { spec: NonNullable<Spec> } : object) &
  (Model extends { status?: infer Status } ? { status?: NonNullable<Status> } : object);

/** Go writes times without `omitempty` as null, and kubectl relies on it. */
type Nullable<Type, Field extends keyof Type> = Omit<Type, Field> & {
  [Name in Field]?: Type[Name] | null;
};

export type PodCondition = Nullable<IPodCondition, 'lastProbeTime'>;
export type PodStatus = Omit<IPodStatus, 'conditions'> & { conditions?: PodCondition[] };
export type Pod = Omit<Stored<IPod>, 'status'> & { status?: PodStatus };
export type PodSpec = Pod['spec'];
export type Container = IContainer;
export type ContainerStatus = IContainerStatus;
export type ContainerState = NonNullable<IContainerStatus['state']>;
export type Deployment = Stored<IDeployment>;
export type ReplicaSet = Stored<IReplicaSet>;
export type PodTemplate = Deployment['spec']['template'];
export type Job = Stored<IJob>;
export type Service = Stored<IService>;
export type Endpoints = Stored<IEndpoints>;
export type EndpointSlice = Stored<IEndpointSlice>;
export type Namespace = Stored<INamespace>;
export type Node = Stored<INode>;
export type Lease = Stored<ILease>;
export type ConfigMap = Stored<IConfigMap>;
export type Secret = Stored<ISecret>;
export type ServiceAccount = Stored<IServiceAccount>;
export type LabelSelector = NonNullable<Deployment['spec']['selector']>;
export type Event = Omit<
  Stored<Omit<IEvent, 'metadata'> & { metadata?: IEvent['metadata'] }>,
  'eventTime' | 'firstTimestamp' | 'lastTimestamp'
> & {
  eventTime?: string | null;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
};

/** The same stored event under the newer group's names of fields. */
export type SeriesEvent = Omit<
  Stored<ISeriesEvent>,
  'deprecatedFirstTimestamp' | 'deprecatedLastTimestamp'
> & {
  deprecatedFirstTimestamp?: string | null;
  deprecatedLastTimestamp?: string | null;
};

/** Resources by the name the API knows them by. */
export interface Kinds {
  pods: Pod;
  services: Service;
  endpoints: Endpoints;
  'endpointslices.discovery.k8s.io': EndpointSlice;
  'deployments.apps': Deployment;
  'replicasets.apps': ReplicaSet;
  'jobs.batch': Job;
  namespaces: Namespace;
  nodes: Node;
  'leases.coordination.k8s.io': Lease;
  configmaps: ConfigMap;
  secrets: Secret;
  serviceaccounts: ServiceAccount;
  events: Event;
  'events.events.k8s.io': SeriesEvent;
}

export type Resource = keyof Kinds;

/** What a writer of a kind gives; the API fills in the rest. */
export type DraftOf<Kind> = Omit<Kind, 'metadata' | 'status'> & {
  metadata: Partial<ObjectMeta>;
};

/** `ApiClient` for the kinds above. */
export interface KindsClient {
  get<R extends Resource>(
    resource: R,
    namespace: string | undefined,
    name: string,
  ): Kinds[R] | undefined;
  list<R extends Resource>(resource: R, namespace?: string): Kinds[R][];
  create<R extends Resource>(resource: R, draft: DraftOf<Kinds[R]>): Promise<Kinds[R]>;
  update<R extends Resource>(resource: R, object: Kinds[R]): Promise<Kinds[R]>;
  updateStatus<R extends Resource>(resource: R, object: Kinds[R]): Promise<Kinds[R]>;
  modify<R extends Resource>(
    resource: R,
    namespace: string | undefined,
    name: string,
    change: (draft: Kinds[R]) => void | false,
    subresource?: 'status' | 'finalize',
  ): Promise<Kinds[R] | undefined>;
  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<void>;
}

/** The same client, with types: what the API has stored under a resource's name is of that kind. */
export function ofKinds(client: ApiClient): KindsClient {
  return client as unknown as KindsClient;
}

/** An object of a change, called by the type of its resource. */
export function asKind<R extends Resource>(_resource: R, object: KubeObject): Kinds[R] {
  return object as unknown as Kinds[R];
}
