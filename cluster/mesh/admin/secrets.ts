// Mutual TLS as a dump shows it: where certificates come from (SDS), and what is asked of peers. Nothing is encrypted between
// simulated proxies, so the only certificate to look at is the mesh's root.
// Source: envoyproxy/envoy api/envoy/admin/v3/config_dump.proto; istio.io, Security (identity and certificates).

import { encodeBase64 } from '../../schema/base64.ts';
import type { Fields } from '../../schema/fields.ts';
import { bytesOf } from '../../streams.ts';
import { extension, moment, typed } from './protobuf-json.ts';

const TLS = 'envoy.extensions.transport_sockets.tls.v3';
/** ALPN between sidecars. */
const IN_MESH = ['istio-peer-exchange', 'istio'];

const sds = (name: string): Fields => ({
  name,
  sds_config: {
    api_config_source: {
      api_type: 'GRPC',
      grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }],
      set_node_on_first_message_only: true,
      transport_api_version: 'V3',
    },
    initial_fetch_timeout: '0s',
    resource_api_version: 'V3',
  },
});

function common(validation: Fields, alpn: readonly string[]): Fields {
  return {
    tls_params: {
      tls_minimum_protocol_version: 'TLSv1_2',
      tls_maximum_protocol_version: 'TLSv1_3',
    },
    tls_certificate_sds_secret_configs: [sds('default')],
    combined_validation_context: {
      default_validation_context: validation,
      validation_context_sds_secret_config: sds('ROOTCA'),
    },
    alpn_protocols: alpn,
  };
}

/** Mutual TLS to a cluster, whose name is the SNI. */
export function upstreamTls(cluster: string): Fields {
  return extension('envoy.transport_sockets.tls', `${TLS}.UpstreamTlsContext`, {
    common_tls_context: common({}, IN_MESH),
    // `outbound_.80_._.backend.default.svc.cluster.local`
    sni: cluster.replaceAll('|', '_.'),
  });
}

/** Mutual TLS from peers of the trust domain. */
export function downstreamTls(trustDomain: string, alpn: readonly string[]): Fields {
  return extension('envoy.transport_sockets.tls', `${TLS}.DownstreamTlsContext`, {
    common_tls_context: common(
      {
        match_typed_subject_alt_names: [
          { san_type: 'URI', matcher: { prefix: `spiffe://${trustDomain}/` } },
        ],
      },
      alpn,
    ),
    require_client_certificate: true,
  });
}

/**
 * What a proxy holds: the mesh's root certificate, and a name for its own, which is not there in the simulation.
 * @param root PEM, as istiod has put it into the namespace; undefined when the pod does not mount it.
 */
export function secretsDump(root: string | undefined, since: number): Fields {
  const held = (name: string, secret: Fields): Fields => ({
    name,
    last_updated: moment(since),
    secret: typed(`${TLS}.Secret`, { name, ...secret }),
  });
  return {
    dynamic_active_secrets: [
      held('default', {}),
      ...(root === undefined
        ? []
        : [
            held('ROOTCA', {
              validation_context: { trusted_ca: { inline_bytes: encodeBase64(bytesOf(root)) } },
            }),
          ]),
    ],
  };
}
