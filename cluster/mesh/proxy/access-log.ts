// Access log lines by a format of command operators, in Envoy's notation. Operators it does not know stay as they are written.
// Source: Envoy docs, access logging, command operators; istio/istio pilot/pkg/model/telemetry_logging.go, EnvoyTextLogFormat.

import { headerOf } from '../../network/http.ts';
import type { Address } from '../../network/network.ts';
import { timestamp } from '../../time.ts';
import type { AccessLogConfig } from '../routing/proxy-config.ts';
import type { Exchange } from './exchange.ts';
import { flagsText } from './flags.ts';

const TEXT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';

/** Keys of Istio's JSON log, each with its operator. */
const JSON_FORMAT: readonly [key: string, operator: string][] = [
  ['start_time', '%START_TIME%'],
  ['route_name', '%ROUTE_NAME%'],
  ['method', '%REQ(:METHOD)%'],
  ['path', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%'],
  ['protocol', '%PROTOCOL%'],
  ['response_code', '%RESPONSE_CODE%'],
  ['response_flags', '%RESPONSE_FLAGS%'],
  ['response_code_details', '%RESPONSE_CODE_DETAILS%'],
  ['connection_termination_details', '%CONNECTION_TERMINATION_DETAILS%'],
  ['bytes_received', '%BYTES_RECEIVED%'],
  ['bytes_sent', '%BYTES_SENT%'],
  ['duration', '%DURATION%'],
  ['upstream_service_time', '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%'],
  ['x_forwarded_for', '%REQ(X-FORWARDED-FOR)%'],
  ['user_agent', '%REQ(USER-AGENT)%'],
  ['request_id', '%REQ(X-REQUEST-ID)%'],
  ['authority', '%REQ(:AUTHORITY)%'],
  ['upstream_host', '%UPSTREAM_HOST%'],
  ['upstream_cluster', '%UPSTREAM_CLUSTER%'],
  ['upstream_local_address', '%UPSTREAM_LOCAL_ADDRESS%'],
  ['downstream_local_address', '%DOWNSTREAM_LOCAL_ADDRESS%'],
  ['downstream_remote_address', '%DOWNSTREAM_REMOTE_ADDRESS%'],
  ['requested_server_name', '%REQUESTED_SERVER_NAME%'],
  ['upstream_transport_failure_reason', '%UPSTREAM_TRANSPORT_FAILURE_REASON%'],
];

const OPERATOR = /%([A-Z_]+)(?:\(([^)]*)\))?(?::(\d+))?%/g;
const NUMBERS: ReadonlySet<string> = new Set([
  'RESPONSE_CODE',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
]);

/** One line with its end. */
export function accessLogLine(
  exchange: Exchange,
  { json, format }: Pick<AccessLogConfig, 'json' | 'format'>,
): string {
  if (!json) {
    const line = rendered(format || TEXT_FORMAT, exchange);
    return line.endsWith('\n') ? line : `${line}\n`;
  }
  const fields = JSON_FORMAT.map(([key, operator]): [string, string | number | null] => {
    const text = rendered(operator, exchange);
    if (text === '-' && key !== 'response_flags') return [key, null];
    return [key, NUMBERS.has(operator.slice(1, -1)) ? Number(text) : text];
  });
  return `${JSON.stringify(Object.fromEntries(fields))}\n`;
}

function rendered(format: string, exchange: Exchange): string {
  return format.replace(OPERATOR, (whole, name: string, argument?: string, length?: string) => {
    const value = valueOf(name, argument ?? '', exchange);
    if (value === undefined) return whole;
    const text = value === '' ? '-' : value;
    return length === undefined ? text : text.slice(0, Number(length));
  });
}

function valueOf(name: string, argument: string, exchange: Exchange): string | undefined {
  switch (name) {
    case 'START_TIME':
      return milliseconds(exchange.startedAt);
    case 'REQ':
      return firstOf(argument, (header) => requestField(header, exchange));
    case 'RESP':
      return firstOf(argument, (header) => headerOf(exchange.response, header) ?? '');
    case 'PROTOCOL':
      return exchange.protocol;
    case 'RESPONSE_CODE':
      return String(exchange.status);
    case 'RESPONSE_FLAGS':
      return flagsText(exchange.flags);
    case 'RESPONSE_CODE_DETAILS':
      return exchange.details;
    case 'CONNECTION_TERMINATION_DETAILS':
      return exchange.terminated;
    case 'UPSTREAM_TRANSPORT_FAILURE_REASON':
      return exchange.transportFailure;
    case 'BYTES_RECEIVED':
      return String(exchange.bytesReceived);
    case 'BYTES_SENT':
      return String(exchange.bytesSent);
    case 'DURATION':
      return String(Math.floor(exchange.endedAt - exchange.startedAt));
    case 'UPSTREAM_HOST':
      return exchange.upstreamHost ?? '';
    case 'UPSTREAM_CLUSTER':
    case 'UPSTREAM_CLUSTER_RAW':
      return exchange.cluster?.name ?? '';
    case 'UPSTREAM_LOCAL_ADDRESS':
      return addressText(exchange.upstreamLocal);
    case 'DOWNSTREAM_LOCAL_ADDRESS':
      return addressText(exchange.downstream.local);
    case 'DOWNSTREAM_REMOTE_ADDRESS':
      return addressText(exchange.downstream.remote);
    case 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT':
      return exchange.downstream.remote.ip;
    case 'DOWNSTREAM_PEER_URI_SAN':
      return exchange.caller?.principal ?? '';
    case 'REQUESTED_SERVER_NAME':
      return exchange.caller?.sni ?? '';
    case 'ROUTE_NAME':
      return exchange.route;
    default:
      return undefined;
  }
}

/** `X-ENVOY-ORIGINAL-PATH?:PATH`: the first that is there. */
function firstOf(argument: string, value: (name: string) => string): string {
  for (const name of argument.split('?')) {
    const found = value(name.toLowerCase());
    if (found) return found;
  }
  return '';
}

function requestField(name: string, exchange: Exchange): string {
  if (name === ':method') return exchange.method;
  if (name === ':path') return exchange.target;
  if (name === ':authority') return exchange.authority;
  return headerOf(exchange.request, name) ?? '';
}

function addressText(address: Address | undefined): string {
  return address ? `${address.ip}:${address.port}` : '';
}

function milliseconds(ms: number): string {
  const fraction = String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, '0');
  return `${timestamp(ms).slice(0, -1)}.${fraction}Z`;
}
