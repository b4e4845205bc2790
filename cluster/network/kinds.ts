// The kinds the network reads from the store, typed. The one place of this room where a stored object is called by its type.

import type { IEndpointSlice } from 'kubernetes-models/discovery.k8s.io/v1/EndpointSlice';
import type { IService } from 'kubernetes-models/v1/Service';
import type { ObjectMeta } from '../object.ts';
import type { Store } from '../store/store.ts';

export type Service = Omit<IService, 'metadata'> & { metadata: ObjectMeta };
export type ServicePort = NonNullable<NonNullable<IService['spec']>['ports']>[number];
export type EndpointSlice = Omit<IEndpointSlice, 'metadata'> & { metadata: ObjectMeta };

export const SERVICES = 'services';
export const ENDPOINT_SLICES = 'endpointslices.discovery.k8s.io';
export const NAMESPACES = 'namespaces';

export function services(store: Store): Service[] {
  return store.list(SERVICES) as unknown as Service[];
}

export function endpointSlices(store: Store): EndpointSlice[] {
  return store.list(ENDPOINT_SLICES) as unknown as EndpointSlice[];
}
