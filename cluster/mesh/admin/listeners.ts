// Listeners as Envoy's configuration dump shows them: one for each address the proxy takes connections for, the two that
// iptables leads everything to, and the proxy's own.
// Source: envoyproxy/envoy api/envoy/config/listener/v3; istio/istio pilot/pkg/networking/core/listener.go, listener_inbound.go,
// filterchain_options.go (which chains a port gets).

import type { Fields } from '../../schema/fields.ts';
import { PORTS } from '../injection/settings.ts';
import {
  BLACK_HOLE,
  INBOUND_PASSTHROUGH,
  type InboundConfig,
  type InboundMode,
  type InboundPort,
  type Listener,
  type ProxyConfig,
  type TcpAction,
} from '../routing/proxy-config.ts';
import type { PortProtocol } from '../routing/services.ts';
import { duration, extension, set, socketAddress, typed, typedStruct } from './protobuf-json.ts';
import { rbacFilters } from './rbac.ts';
import { inboundRoutes, ownRoutes } from './routes.ts';
import { downstreamTls } from './secrets.ts';

const LISTENER = 'envoy.config.listener.v3.Listener';
const ANY = '0.0.0.0';

/** What the HTTP inspector calls plain HTTP. */
const PLAIN_HTTP = ['http/1.1', 'h2c'];
/** ALPN by which a client's proxy says what it found: HTTP, TCP, or either. */
const MUTUAL_HTTP = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const MUTUAL_TCP = ['istio-peer-exchange', 'istio'];
const MUTUAL = ['istio', 'istio-peer-exchange', ...MUTUAL_HTTP];

export function dynamicListeners(config: ProxyConfig): Fields[] {
  return [
    ...[...config.outbound.listeners.values()].map((listener) => outbound(listener, config)),
    virtualOutbound(config),
    virtualInbound(config),
  ];
}

/** What the bootstrap brings: health and metrics. */
export function staticListeners(): Fields[] {
  return [
    own(PORTS.prometheus, ownRoutes('/stats/prometheus', 'prometheus_stats')),
    own(PORTS.health, ownRoutes('/healthz/ready', 'agent')),
  ];
}

function own(port: number, routes: Fields): Fields {
  return typed(LISTENER, {
    address: socketAddress(ANY, port),
    filter_chains: [{ filters: [connectionManager('agent', { route_config: routes }, [])] }],
  });
}

// Outbound.

function outbound(listener: Listener, config: ProxyConfig): Fields {
  const { name, address, port, protocol, routes, tcp } = listener;
  const prefix = `outbound_${name}`;
  const http = {
    filters: [
      connectionManager(
        `${prefix};`,
        { rds: { config_source: ads, route_config_name: routes } },
        [istioAlpn, ...HTTP_FILTERS],
        config,
      ),
    ],
  };
  // What is no HTTP on a shared port goes to where it was dialled; on a Service's own address, to that Service.
  const fallback = tcp
    ? { filters: [statsFilter, tcpProxy(tcp)] }
    : { filters: [statsFilter, clusterProxy(config.outbound.unknown)] };
  const sniffed = protocol !== 'tcp';
  return typed(
    LISTENER,
    set({
      name,
      address: socketAddress(address, port),
      filter_chains: sniffed
        ? [
            {
              filter_chain_match: {
                transport_protocol: 'raw_buffer',
                application_protocols: PLAIN_HTTP,
              },
              ...http,
            },
          ]
        : [fallback],
      listener_filters: sniffed ? [httpInspector] : undefined,
      listener_filters_timeout: '0s',
      traffic_direction: 'OUTBOUND',
      continue_on_listener_filters_timeout: true,
      bind_to_port: false,
      default_filter_chain: sniffed
        ? { filter_chain_match: {}, ...fallback, name: 'PassthroughFilterChain' }
        : undefined,
    }),
  );
}

function virtualOutbound(config: ProxyConfig): Fields {
  return typed(LISTENER, {
    name: 'virtualOutbound',
    address: socketAddress(ANY, PORTS.outbound),
    filter_chains: [
      {
        filter_chain_match: { destination_port: PORTS.outbound },
        filters: [statsFilter, clusterProxy(BLACK_HOLE)],
        name: 'virtualOutbound-trafficloop',
      },
      {
        filters: [statsFilter, clusterProxy(config.outbound.unknown)],
        name: 'virtualOutbound-catchall-tcp',
      },
    ],
    use_original_dst: true,
    traffic_direction: 'OUTBOUND',
  });
}

// Inbound.

function virtualInbound(config: ProxyConfig): Fields {
  const { inbound } = config;
  return typed(LISTENER, {
    name: 'virtualInbound',
    address: socketAddress(ANY, PORTS.inbound),
    filter_chains: [
      {
        filter_chain_match: { destination_port: PORTS.inbound },
        filters: [statsFilter, clusterProxy(BLACK_HOLE)],
        name: 'virtualInbound-blackhole',
      },
      ...chainsFor(undefined, inbound.mtls, config),
      ...[...inbound.ports.values()].flatMap((port) =>
        chainsFor(port, modeOf(inbound, port.port), config),
      ),
    ],
    listener_filters: [
      extension(
        'envoy.filters.listener.original_dst',
        'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
      ),
      extension(
        'envoy.filters.listener.tls_inspector',
        'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
      ),
      httpInspector,
    ],
    listener_filters_timeout: '0s',
    traffic_direction: 'INBOUND',
    continue_on_listener_filters_timeout: true,
  });
}

function modeOf({ mtls, mtlsByPort }: InboundConfig, port: number): InboundMode {
  return mtlsByPort.get(port) ?? mtls;
}

interface Chain {
  transport: 'tls' | 'raw_buffer';
  alpn?: readonly string[];
  http: boolean;
  /** The chain ends mutual TLS itself. */
  mutual: boolean;
}

function chainsFor(
  port: InboundPort | undefined,
  mode: InboundMode,
  config: ProxyConfig,
): Fields[] {
  return chainKinds(port?.protocol ?? 'auto', mode).map((chain) => {
    const { inbound, trustDomain } = config;
    const name = port ? `0.0.0.0_${port.port}` : 'virtualInbound';
    const cluster = port?.cluster ?? INBOUND_PASSTHROUGH;
    return set({
      filter_chain_match: set({
        destination_port: port?.port,
        // Without a port a chain says that it takes any address.
        prefix_ranges: port ? undefined : [{ address_prefix: ANY, prefix_len: 0 }],
        transport_protocol: chain.transport,
        application_protocols: chain.alpn,
      }),
      filters: chain.http
        ? [
            connectionManager(
              port ? `inbound_${name};` : `${cluster};`,
              { route_config: inboundRoutes(port) },
              [...rbacFilters(inbound, 'http'), ...HTTP_FILTERS],
              config,
            ),
          ]
        : [...rbacFilters(inbound, 'network'), statsFilter, clusterProxy(cluster)],
      transport_socket: chain.mutual ? downstreamTls(trustDomain, alpnOf(chain)) : undefined,
      name: port || !chain.http ? name : `${name}-catchall-http`,
    });
  });
}

const alpnOf = ({ http }: Chain) =>
  http ? ['h2', 'http/1.1'] : ['istio-peer-exchange', 'h2', 'http/1.1'];

/** Which chains take a port's connections, in order. */
function chainKinds(protocol: PortProtocol, mode: InboundMode): Chain[] {
  switch (mode) {
    case 'STRICT':
      return protocol === 'auto'
        ? [
            { transport: 'tls', alpn: MUTUAL_HTTP, http: true, mutual: true },
            { transport: 'tls', http: false, mutual: true },
          ]
        : [{ transport: 'tls', http: protocol === 'http', mutual: true }];
    case 'DISABLE':
      return protocol === 'auto'
        ? [
            { transport: 'raw_buffer', alpn: PLAIN_HTTP, http: true, mutual: false },
            { transport: 'raw_buffer', http: false, mutual: false },
          ]
        : [{ transport: 'raw_buffer', http: protocol === 'http', mutual: false }];
    case 'PERMISSIVE':
      return permissive(protocol);
  }
}

function permissive(protocol: PortProtocol): Chain[] {
  switch (protocol) {
    case 'http':
      return [
        { transport: 'tls', alpn: MUTUAL, http: true, mutual: true },
        { transport: 'raw_buffer', http: true, mutual: false },
      ];
    case 'tcp':
      return [
        { transport: 'tls', alpn: MUTUAL, http: false, mutual: true },
        { transport: 'tls', http: false, mutual: false },
        { transport: 'raw_buffer', http: false, mutual: false },
      ];
    case 'auto':
      return [
        { transport: 'tls', alpn: MUTUAL_HTTP, http: true, mutual: true },
        { transport: 'raw_buffer', alpn: PLAIN_HTTP, http: true, mutual: false },
        { transport: 'tls', alpn: MUTUAL_TCP, http: false, mutual: true },
        { transport: 'raw_buffer', http: false, mutual: false },
        { transport: 'tls', http: false, mutual: false },
      ];
  }
}

// Filters.

const ads = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };

const httpInspector = extension(
  'envoy.filters.listener.http_inspector',
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
);

const istioAlpn = extension(
  'istio.alpn',
  'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
);

const statsFilter = typedStruct('istio.stats', 'stats.PluginConfig', {});

const HTTP_FILTERS: readonly Fields[] = [
  extension('envoy.filters.http.fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault'),
  extension('envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors'),
  typedStruct('istio.stats', 'stats.PluginConfig', {}),
];

function connectionManager(
  prefix: string,
  routes: Fields,
  filters: readonly Fields[],
  config?: ProxyConfig,
): Fields {
  const inbound = prefix.startsWith('inbound') || prefix.startsWith(INBOUND_PASSTHROUGH);
  return extension(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    set({
      stat_prefix: prefix,
      ...routes,
      http_filters: [
        ...filters,
        extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router'),
      ],
      server_name: config && inbound ? 'istio-envoy' : undefined,
      access_log: config?.accessLog && [accessLog(config.accessLog.file)],
      use_remote_address: config && false,
      forward_client_cert_details: config && inbound ? 'APPEND_FORWARD' : undefined,
      set_current_client_cert_details:
        config && inbound ? { subject: true, dns: true, uri: true } : undefined,
      stream_idle_timeout: config && duration(0),
      normalize_path: config && true,
      path_with_escaped_slashes_action: config && 'KEEP_UNCHANGED',
    }),
  );
}

function accessLog(path: string): Fields {
  return extension(
    'envoy.access_loggers.file',
    'envoy.extensions.access_loggers.file.v3.FileAccessLog',
    {
      path,
    },
  );
}

function tcpProxy({ clusters }: TcpAction): Fields {
  const [first] = clusters;
  if (clusters.length === 1 && first) return clusterProxy(first.cluster);
  return extension('envoy.filters.network.tcp_proxy', TCP_PROXY, {
    stat_prefix: first?.cluster ?? BLACK_HOLE,
    weighted_clusters: {
      clusters: clusters.map(({ cluster, weight }) => ({ name: cluster, weight })),
    },
  });
}

const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

function clusterProxy(cluster: string): Fields {
  return extension('envoy.filters.network.tcp_proxy', TCP_PROXY, { stat_prefix: cluster, cluster });
}
