// The proxy subresource: HTTP to a pod or a Service inside the cluster, through the API server.
// Source: "Access Services Running on Clusters" of the Kubernetes documentation; refusals as a real server words them.

import type { KubeObject } from '../../object.ts';
import { at, fieldsOf, listOf, numberOf, stringOf, stringsOf } from '../../schema/fields.ts';
import type { ApiRequest } from '../http.ts';
import { type HttpAnswer, exchange } from '../http-exchange.ts';
import type { Reply } from '../reply.ts';
import type { ResourceContext } from '../resource-routes.ts';
import { badRequest, notFound, serviceUnavailable } from '../status.ts';
import type { World } from '../world.ts';
import type { SubresourceHandler } from './subresource.ts';

interface Target {
  address: string;
  port: number;
}

/** Headers that concern one hop, or the asker's standing with the API server: they go no further. */
const OWN_HEADERS =
  /^(authorization|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|accept-encoding|impersonate-.*)$/;
const ANSWER_HEADERS = /^(connection|keep-alive|transfer-encoding|content-length|trailer)$/i;

export function proxyHandler(world: World): SubresourceHandler {
  return async (context) => {
    const target = targetOf(world, context);
    const { dialer } = world;
    if (!dialer) throw serviceUnavailable('the pod network is not running');
    const { request } = context;
    let answer: HttpAnswer;
    try {
      const connection = await dialer.dial(target.address, target.port, request.signal);
      answer = await exchange(connection, outgoing(context, target), request.signal);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw serviceUnavailable(`error trying to reach service: ${why}`);
    }
    return incoming(answer);
  };
}

function outgoing({ request, info }: ResourceContext, { address, port }: Target) {
  const query = request.query.toString();
  const headers = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.test(name));
  return {
    method: request.method,
    target: `/${info.rest}${query === '' ? '' : `?${query}`}`,
    headers: [
      ['Host', `${address}:${port}`] as const,
      ...headers,
      ['X-Forwarded-Uri', forwardedUri(request)] as const,
    ],
    body: request.body,
  };
}

function forwardedUri({ path }: ApiRequest): string {
  return path;
}

function incoming({ status, headers, body }: HttpAnswer): Reply {
  const kept = headers.filter(([name]) => !ANSWER_HEADERS.test(name));
  return { status, headers: Object.fromEntries(kept), body };
}

/** `web`, `web:80`, `web:http`, `http:web:http` */
function parseName(name: string): { name: string; port: string } {
  const parts = name.split(':');
  if (parts.length > 3) throw badRequest(`invalid service request ${JSON.stringify(name)}`);
  const [first = '', second = '', third = ''] = parts;
  return parts.length === 3 ? { name: second, port: third } : { name: first, port: second };
}

function targetOf(world: World, { kind, namespace, info }: ResourceContext): Target {
  const { name, port } = parseName(info.name);
  const { storedAs } = kind.definition;
  const object = world.store.get(storedAs, namespace, name);
  if (!object) throw notFound(kind.definition, name);
  if (storedAs === 'pods') return podTarget(object, port);
  if (storedAs === 'services') return serviceTarget(world, object, port);
  throw serviceUnavailable('proxying to nodes is not simulated');
}

function podTarget(pod: KubeObject, wanted: string): Target {
  const ip = stringOf(at(pod, 'status', 'podIP'));
  if (ip === '') throw badRequest('address not allowed');
  const ports = listOf(at(pod, 'spec', 'containers')).flatMap((container) =>
    listOf(container['ports']),
  );
  const named =
    ports.find((each) => each['name'] === wanted) ?? (wanted === '' ? ports[0] : undefined);
  const port = numberOf(named?.['containerPort']) ?? (wanted === '' ? 80 : Number(wanted));
  if (!Number.isInteger(port)) throw badRequest(`no port ${JSON.stringify(wanted)}`);
  return { address: ip, port };
}

/** One of the Service's ready endpoints, as the API server finds it: by its slices. */
function serviceTarget(world: World, service: KubeObject, wanted: string): Target {
  const { name, namespace } = service.metadata;
  const ports = listOf(at(service, 'spec', 'ports'));
  const port =
    wanted === '' && ports.length === 1
      ? ports[0]
      : ports.find((each) => each['name'] === wanted || String(each['port']) === wanted);
  if (!port)
    throw serviceUnavailable(
      `no service port ${JSON.stringify(wanted)} found for service ${JSON.stringify(name)}`,
    );
  const targets: Target[] = [];
  for (const slice of world.store.list('endpointslices.discovery.k8s.io', namespace)) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const portName = stringOf(port['name']);
    const found = listOf(slice['ports']).find((each) => stringOf(each['name']) === portName);
    const number = numberOf(found?.['port']);
    if (number === undefined) continue;
    for (const endpoint of listOf(slice['endpoints'])) {
      if (fieldsOf(endpoint['conditions'])['ready'] === false) continue;
      for (const address of stringsOf(endpoint['addresses']))
        targets.push({ address, port: number });
    }
  }
  const chosen = targets[Math.floor(world.random() * targets.length)];
  if (!chosen)
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return chosen;
}
