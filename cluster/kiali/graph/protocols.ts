// The rates of each protocol: which there are, which of them are errors, and where a response code counts.
// Source: Kiali's graph API, rates by name.

export type Protocol = 'grpc' | 'http' | 'tcp';

export interface ProtocolRates {
  name: Protocol;
  /** What nodes are told of, in the order of an answer. */
  incoming: readonly string[];
  outgoing: string;
  /** What edges are told of besides their total. */
  edge: readonly string[];
  errors: readonly string[];
  /** `httpPercentErr`; undefined where nothing is an error. */
  percentErrors?: string;
  percentRequests?: string;
  /** Which kind of response a code is: `5xx`, `Err`, `NoResponse`; empty for a good one. */
  kindOf(code: string): string;
}

/** What was never answered. */
export const NO_RESPONSE = '-';

const http: ProtocolRates = {
  name: 'http',
  incoming: ['httpIn', 'httpInNoResponse', 'httpIn3xx', 'httpIn4xx', 'httpIn5xx'],
  outgoing: 'httpOut',
  edge: ['httpNoResponse', 'http3xx', 'http4xx', 'http5xx'],
  errors: ['httpNoResponse', 'http4xx', 'http5xx'],
  percentErrors: 'httpPercentErr',
  percentRequests: 'httpPercentReq',
  kindOf: (code) => {
    if (code === NO_RESPONSE) return 'NoResponse';
    const family = code.charAt(0);
    return ['3', '4', '5'].includes(family) ? `${family}xx` : '';
  },
};

const grpc: ProtocolRates = {
  name: 'grpc',
  incoming: ['grpcIn', 'grpcInNoResponse', 'grpcInErr'],
  outgoing: 'grpcOut',
  edge: ['grpcNoResponse', 'grpcErr'],
  errors: ['grpcNoResponse', 'grpcErr'],
  percentErrors: 'grpcPercentErr',
  percentRequests: 'grpcPercentReq',
  kindOf: (code) => {
    if (code === NO_RESPONSE) return 'NoResponse';
    // Three digits are an HTTP status: the call failed below gRPC.
    const failed = code.length === 3 ? isHttpError(code) : code !== '' && code !== '0';
    return failed ? 'Err' : '';
  },
};

const tcp: ProtocolRates = {
  name: 'tcp',
  incoming: ['tcpIn'],
  outgoing: 'tcpOut',
  edge: [],
  errors: [],
  kindOf: () => '',
};

/** In the order of an answer. */
export const protocols: readonly ProtocolRates[] = [grpc, http, tcp];

export function protocolOf(name: string): ProtocolRates | undefined {
  return protocols.find((protocol) => protocol.name === name);
}

export function isHttpError(code: string): boolean {
  return code.startsWith('4') || code.startsWith('5');
}
