// What a server's proxy does with one HTTP request: lets it in or not, says who called, and hands it to the application.
// Source: istio/istio pilot/pkg/networking/core/listener_inbound.go; Envoy docs, RBAC filter and x-forwarded-client-cert.

import type { HttpResponse } from '../../network/http.ts';
import { headerOf } from '../../network/http.ts';
import type { Address } from '../../network/network.ts';
import type { InboundConfig } from '../routing/proxy-config.ts';
import { authorize } from './authorization.ts';
import { hashOf } from './balancer.ts';
import type { Exchange } from './exchange.ts';
import { removeHeader, setHeader } from './headers.ts';
import { splitTarget } from './matching.ts';
import { type HeldRequest, localReply } from './messages.ts';
import { PEER_METADATA, PEER_METADATA_ID } from './peer.ts';
import { type RouterContext, forward } from './router.ts';
import type { UpstreamCluster } from './upstream.ts';

const CLIENT_CERTIFICATE = 'x-forwarded-client-cert';

export interface InboundHttp extends RouterContext {
  config: InboundConfig;
  /** The application behind the port. */
  cluster: UpstreamCluster;
  /** Its own identity: `spiffe://…`. */
  principal: string;
  metadata: { value: string; id: string };
}

/** An application behind its own proxy is neither timed nor tried again. */
const ONCE = { timeoutMs: 0, retry: undefined };

export async function answerInbound(
  context: InboundHttp,
  request: HeldRequest,
  exchange: Exchange,
  destination: Address,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const asked = headerOf(request.headers, PEER_METADATA) !== undefined;
  const response = await answer(context, request, exchange, destination, signal);
  if (asked) {
    setHeader(response.headers, PEER_METADATA, context.metadata.value);
    setHeader(response.headers, PEER_METADATA_ID, context.metadata.id);
  }
  return response;
}

async function answer(
  context: InboundHttp,
  request: HeldRequest,
  exchange: Exchange,
  destination: Address,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { method, target, headers } = request;
  const verdict = authorize(context.config, {
    principal: exchange.caller?.principal.replace('spiffe://', ''),
    ip: exchange.downstream.remote.ip,
    port: destination.port,
    http: {
      method,
      host: headerOf(headers, 'host') ?? '',
      path: splitTarget(target).path,
      headers,
    },
  });
  exchange.cluster = context.cluster.definition;
  if (!verdict.allowed) {
    exchange.details = verdict.details;
    const now = context.clock.now();
    return localReply(403, 'RBAC: access denied', { now, server: context.server });
  }
  exchange.route = 'default';
  removeHeader(headers, PEER_METADATA);
  removeHeader(headers, PEER_METADATA_ID);
  // What a plaintext caller claims about certificates is not believed.
  removeHeader(headers, CLIENT_CERTIFICATE);
  if (exchange.caller)
    setHeader(
      headers,
      CLIENT_CERTIFICATE,
      `By=${context.principal};Hash=${certificateHash(exchange.caller.principal)};Subject="";URI=${exchange.caller.principal}`,
    );
  return forward(context, context.cluster, request, exchange, ONCE, destination, signal);
}

/** The last caller's: most requests of a server come from few. */
let lastHash = { principal: '', hash: '' };

/** 256 bits that tell identities apart, where a real proxy shows the SHA-256 of the certificate: here there is none. */
function certificateHash(principal: string): string {
  if (lastHash.principal !== principal) {
    const hash = Array.from({ length: 8 }, (_, part) =>
      hashOf(`${part}${principal}`).toString(16).padStart(8, '0'),
    ).join('');
    lastHash = { principal, hash };
  }
  return lastHash.hash;
}
