// What expressions of Telemetry may ask of a request: Envoy's attributes, as far as a simulated proxy knows them.
// Source: Envoy docs, Attributes.

import { expressionOf } from '../../schema/crd/cel.ts';
import { headerOf } from '../../network/http.ts';
import type { Address } from '../../network/network.ts';
import type { Exchange } from './exchange.ts';
import { flagsText } from './flags.ts';
import { splitTarget } from './matching.ts';

/** Whether a filter lets a line be written. What cannot be worked out holds for nothing. */
export function holds(expression: string, exchange: Exchange): boolean {
  return valueOf(expression, exchange) === true;
}

/** A tag's value; `unknown` for what cannot be worked out, as in Istio's metrics. */
export function tagOf(expression: string, exchange: Exchange): string {
  const value = valueOf(expression, exchange);
  return typeof value === 'string' ||
    typeof value === 'bigint' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
    ? String(value)
    : 'unknown';
}

function valueOf(expression: string, exchange: Exchange): unknown {
  const program = expressionOf(expression);
  if (!program) return undefined;
  try {
    return program(attributesOf(exchange));
  } catch {
    return undefined; // An attribute that this request has not: Envoy takes that for no value, too.
  }
}

function attributesOf(exchange: Exchange): Record<string, unknown> {
  const { request, response, downstream, target, status } = exchange;
  const { path, query } = splitTarget(target);
  const upstream = addressOf(exchange.upstreamHost);
  return {
    request: {
      path: target,
      url_path: path,
      query,
      host: exchange.authority,
      scheme: headerOf(request, 'x-forwarded-proto') ?? 'http',
      method: exchange.method,
      headers: Object.fromEntries(request),
      referer: headerOf(request, 'referer') ?? '',
      useragent: headerOf(request, 'user-agent') ?? '',
      id: headerOf(request, 'x-request-id') ?? '',
      protocol: exchange.protocol,
      size: BigInt(exchange.bytesReceived),
      total_size: BigInt(exchange.bytesReceived),
    },
    response: {
      code: BigInt(status),
      code_details: exchange.details,
      flags: flagsText(exchange.flags),
      headers: Object.fromEntries(response),
      size: BigInt(exchange.bytesSent),
      total_size: BigInt(exchange.bytesSent),
    },
    source: withPort(downstream.remote),
    destination: withPort(downstream.local),
    connection: {
      mtls: exchange.caller !== undefined,
      requested_server_name: exchange.caller?.sni ?? '',
      uri_san_peer_certificate: exchange.caller?.principal ?? '',
    },
    upstream: upstream ? withPort(upstream) : {},
    xds: { cluster_name: exchange.cluster?.name ?? '', route_name: exchange.route },
  };
}

function withPort({ ip, port }: Address): { address: string; port: bigint } {
  return { address: `${ip}:${port}`, port: BigInt(port) };
}

function addressOf(key: string | undefined): Address | undefined {
  const [ip, port] = (key ?? '').split(':');
  return ip && port ? { ip, port: Number(port) } : undefined;
}
