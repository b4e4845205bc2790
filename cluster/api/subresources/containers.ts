// Requests for a container rather than for an object: log, exec, attach, port-forward. Finds the container and asks the kubelet.
// Source: PodLogOptions, PodExecOptions and the like of the API reference; refusals as a real server words them.

import type { KubeObject } from '../../object.ts';
import { at, listOf, stringOf } from '../../schema/fields.ts';
import { invalid as invalidField } from '../../schema/field-errors.ts';
import type { FieldError } from '../../schema/resource.ts';
import { parseTimestamp } from '../../time.ts';
import type { ApiRequest, Upgrade } from '../http.ts';
import type { Kubelet, LogOptions } from '../kubelet.ts';
import { isTrue } from '../request-info.ts';
import { type Reply, streamReply } from '../reply.ts';
import type { ResourceContext } from '../resource-routes.ts';
import { badRequest, invalid, notFound, serviceUnavailable } from '../status.ts';
import type { World } from '../world.ts';
import type { SubresourceHandler } from './subresource.ts';

const LOG_CONTENT = 'text/plain';

function podOf(world: World, { namespace, info }: ResourceContext): KubeObject {
  const pod = world.store.get('pods', namespace, info.name);
  if (!pod) throw notFound({ group: '', resource: 'pods' }, info.name);
  return pod;
}

function kubeletOf(world: World): Kubelet {
  if (!world.kubelet) throw serviceUnavailable('the node is not running');
  return world.kubelet;
}

function namesIn(pod: KubeObject, list: string): string[] {
  return listOf(at(pod, 'spec', list)).map((container) => stringOf(container['name']));
}

/** The container a request names, or the only one there is. */
function containerOf(pod: KubeObject, named: string): string {
  const { name } = pod.metadata;
  const containers = namesIn(pod, 'containers');
  const init = namesIn(pod, 'initContainers');
  const ephemeral = namesIn(pod, 'ephemeralContainers');
  if (named !== '') {
    if ([...containers, ...init, ...ephemeral].includes(named)) return named;
    throw badRequest(`container ${named} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  let words = `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`;
  if (init.length > 0) words += ` or one of the init containers: [${init.join(' ')}]`;
  if (ephemeral.length > 0)
    words += ` or one of the ephemeral containers: [${ephemeral.join(' ')}]`;
  throw badRequest(words);
}

export function logHandler(world: World): SubresourceHandler {
  return async (context) => {
    const options = logOptions(context.request.query);
    const pod = podOf(world, context);
    const container = containerOf(pod, context.request.query.get('container') ?? '');
    // Without a node there is nobody to ask, and nothing to read.
    if (stringOf(at(pod, 'spec', 'nodeName')) === '') return streamReply(none(), LOG_CONTENT);
    const { metadata } = pod;
    const chunks = await kubeletOf(world).logs(
      metadata.namespace ?? '',
      metadata.name,
      { ...options, container },
      context.request.signal,
    );
    return streamReply(chunks, LOG_CONTENT);
  };
}

async function* none(): AsyncGenerator<Uint8Array> {}

function logOptions(query: URLSearchParams): Omit<LogOptions, 'container'> {
  const errors: FieldError[] = [];
  const integer = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null || text === '') return undefined;
    if (!/^[-+]?\d+$/.test(text))
      throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
    const value = Number(text);
    if (value < least)
      errors.push(
        invalidField(
          name,
          value,
          least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0',
        ),
      );
    return value;
  };
  const tailLines = integer('tailLines', 0);
  const limitBytes = integer('limitBytes', 1);
  const sinceSeconds = integer('sinceSeconds', 1);
  const sinceTime = query.get('sinceTime') ?? '';
  if (sinceTime !== '' && parseTimestamp(sinceTime) === undefined)
    throw badRequest(
      `parsing time "${sinceTime}" as "2006-01-02T15:04:05Z07:00": cannot parse "${sinceTime}" as "2006"`,
    );
  if (sinceSeconds !== undefined && sinceTime !== '')
    errors.push({
      type: 'FieldValueForbidden',
      field: '',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, '', errors);
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === '' ? {} : { sinceTime }),
  };
}

/** What an upgraded connection to a container will carry. Throws StatusError, before anything is upgraded. */
export function containerUpgrade(world: World, context: ResourceContext): Upgrade {
  const { request, info } = context;
  const pod = podOf(world, context);
  const { name, namespace = '' } = pod.metadata;
  const kubelet = kubeletOf(world);
  if (info.subresource === 'portforward')
    return {
      kind: 'port-forward',
      dial: (port) => kubelet.portForward(namespace, name, port),
    };
  const { query } = request;
  const container = containerOf(pod, query.get('container') ?? '');
  refuseEnded(pod, info.subresource);
  requireNode(pod);
  const streams = streamsOf(request);
  const options = { container, tty: streams.tty };
  if (info.subresource === 'attach')
    return {
      kind: 'remote-command',
      ...streams,
      run: (remote) => kubelet.attach(namespace, name, options, remote),
    };
  const command = query.getAll('command');
  return {
    kind: 'remote-command',
    ...streams,
    run: (remote) => kubelet.exec(namespace, name, { ...options, command }, remote),
  };
}

function refuseEnded(pod: KubeObject, subresource: string): void {
  const phase = stringOf(at(pod, 'status', 'phase'));
  if (phase !== 'Succeeded' && phase !== 'Failed') return;
  if (subresource === 'attach') return;
  throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
}

function requireNode(pod: KubeObject): void {
  if (stringOf(at(pod, 'spec', 'nodeName')) !== '') return;
  throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

function streamsOf({ query }: ApiRequest): {
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
} {
  const tty = isTrue(query.get('tty'));
  const stdin = isTrue(query.get('stdin'));
  const stdout = isTrue(query.get('stdout'));
  // A terminal has one output; the client that asks for both gets the one.
  const stderr = isTrue(query.get('stderr')) && !tty;
  if (!stdin && !stdout && !stderr)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return { tty, stdin, stdout, stderr };
}

/** The same requests without an upgrade. */
export function upgradeRequired(): Reply {
  throw badRequest('Upgrade request required');
}
