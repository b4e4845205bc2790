// Whether proxies have what istiod sent them: GET /debug/syncz.
// Source: istio/istio pilot/pkg/xds/debug.go, SyncStatus (fields of 1.30).

import type { Fields } from '../../schema/fields.ts';
import { moment } from '../admin/protobuf-json.ts';
import { TYPE_URLS, type XdsConnection, type XdsType } from './connections.ts';

/** Of the proxies that one istiod serves. */
export function syncStatuses(connections: readonly XdsConnection[], istiod: string): Fields[] {
  return connections
    .filter((each) => each.istiod === istiod)
    .map((connection) => ({
      cluster_id: 'Kubernetes',
      proxy: connection.proxy,
      proxy_type: connection.kind,
      proxy_version: connection.version,
      istio_version: connection.version,
      ...nonces(connection, 'CDS', 'cluster'),
      ...nonces(connection, 'LDS', 'listener'),
      ...nonces(connection, 'RDS', 'route'),
      ...nonces(connection, 'EDS', 'endpoint'),
      resources: Object.fromEntries(
        [...connection.watched].map(([type, { sent, acked, sentAt }]) => [
          TYPE_URLS[type],
          sent === '' ? {} : { sent, acked, sentTime: moment(sentAt) },
        ]),
      ),
    }));
}

/** Empty nonces are left out. */
function nonces({ watched }: XdsConnection, type: XdsType, name: string): Fields {
  const { sent = '', acked = '' } = watched.get(type) ?? {};
  return {
    ...(sent === '' ? {} : { [`${name}_sent`]: sent }),
    ...(acked === '' ? {} : { [`${name}_acked`]: acked }),
  };
}
