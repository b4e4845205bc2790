// One probe, once: does the container answer? In the words a real kubelet has for each way of not answering.
// Source: the public documentation of probes; messages as they appear in public Unhealthy events.

import type { Clock } from '../../clock.ts';
import type { Container } from '../../controllers/kinds.ts';
import { duration } from '../../controllers/times.ts';
import { headerOf, type HttpHeaders, type HttpResponse } from '../../network/http.ts';
import { sendRequest } from '../../network/http-client.ts';
import { dialWords } from '../../network/dial-words.ts';
import { type Connection, NetError, type NetworkNamespace } from '../../network/network.ts';
import { nothing } from '../../streams.ts';
import type { RunningContainer } from '../runtime.ts';

export type ProbeSpec = NonNullable<Container['readinessProbe']>;
export type HttpGet = NonNullable<ProbeSpec['httpGet']>;

export type ProbeResult =
  | { result: 'success' }
  | { result: 'failure'; output: string }
  /** The probe itself cannot be made. */
  | { result: 'error'; output: string };

export interface ProbeTarget {
  container: Container;
  running: RunningContainer;
  /** Where the kubelet connects from. */
  node: NetworkNamespace;
  podIP: string;
  clock: Clock;
}

/** Go's http.Client follows so many. */
const MAX_REDIRECTS = 10;
const USER_AGENT = 'kube-probe/1.36';

/** Rejects only when `signal` fires. */
export async function probe(
  spec: ProbeSpec,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const timeoutMs = (spec.timeoutSeconds ?? 1) * 1000;
  if (spec.exec) return execProbe(spec.exec.command ?? [], target, timeoutMs, signal);
  if (spec.httpGet) return httpProbe(spec.httpGet, target, timeoutMs, signal);
  if (spec.tcpSocket) return tcpProbe(spec.tcpSocket, target, timeoutMs, signal);
  return { result: 'error', output: 'gRPC probes are not simulated' };
}

async function execProbe(
  command: readonly string[],
  { running, clock }: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const timeout = deadline(clock, timeoutMs, signal);
  try {
    const { exitCode, output } = await running.run(command, timeout.signal);
    signal.throwIfAborted();
    if (timeout.expired())
      return {
        result: 'failure',
        output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${duration(timeoutMs)}`,
      };
    return exitCode === 0 ? { result: 'success' } : { result: 'failure', output };
  } catch (error) {
    signal.throwIfAborted();
    return { result: 'error', output: error instanceof Error ? error.message : String(error) };
  } finally {
    timeout.cancel();
  }
}

async function tcpProbe(
  { host, port }: { host?: string; port: string | number },
  { container, node, podIP, clock }: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const number = portOf(container, port);
  if (number === undefined) return badPort(port);
  const ip = host || podIP;
  const timeout = deadline(clock, timeoutMs, signal);
  try {
    const connection = await node.connect(ip, number, { signal: timeout.signal });
    connection.close();
    return { result: 'success' };
  } catch (error) {
    signal.throwIfAborted();
    const why = timeout.expired() ? new NetError('ETIMEDOUT', 'i/o timeout') : error;
    return { result: 'failure', output: dialWords(why, ip, number) };
  } finally {
    timeout.cancel();
  }
}

/** Also what a lifecycle hook's httpGet does. */
export async function httpProbe(
  get: HttpGet,
  target: Omit<ProbeTarget, 'running'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const number = portOf(target.container, get.port);
  if (number === undefined) return badPort(get.port);
  if (get.scheme === 'HTTPS')
    return { result: 'error', output: 'probes by HTTPS are not simulated' };
  const host = get.host || target.podIP;
  const timeout = deadline(target.clock, timeoutMs, signal);
  let url = `http://${host}:${number}${pathOf(get.path)}`;
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await fetchOnce(get, target.node, host, url, timeout.signal);
      const next = redirectTarget(response, host, number);
      if (next === undefined) return verdictOn(response.status);
      url = next;
    }
    return { result: 'failure', output: `stopped after ${MAX_REDIRECTS} redirects` };
  } catch (error) {
    signal.throwIfAborted();
    const why = timeout.expired()
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : error instanceof NetError && error.code !== 'ECONNRESET'
        ? dialWords(error, host, number)
        : error instanceof NetError
          ? 'read: connection reset by peer'
          : 'EOF';
    return { result: 'failure', output: `Get "${url}": ${why}` };
  } finally {
    timeout.cancel();
  }
}

function verdictOn(status: number): ProbeResult {
  // A redirect that leads to another host is not followed, and counts as an answer.
  return status >= 200 && status < 400
    ? { result: 'success' }
    : { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
}

/** The kubelet follows redirects within the host only. */
function redirectTarget(response: HttpResponse, host: string, port: number): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = headerOf(response.headers, 'location') ?? '';
  const own = `http://${host}:${port}`;
  if (location.startsWith('/')) return own + location;
  if (location.startsWith(`${own}/`) || location === own) return location;
  return undefined;
}

async function fetchOnce(
  get: HttpGet,
  node: NetworkNamespace,
  host: string,
  url: string,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const [, authority = '', target = '/'] = /^http:\/\/([^/]*)(.*)$/.exec(url) ?? [];
  const port = Number(authority.split(':').at(-1));
  const own = (get.httpHeaders ?? []).map(({ name, value }): [string, string] => [name, value]);
  const has = (name: string) => own.some(([other]) => other.toLowerCase() === name);
  const headers: HttpHeaders = [
    ...(has('host') ? [] : [['Host', authority] satisfies [string, string]]),
    ...(has('user-agent') ? [] : [['User-Agent', USER_AGENT] satisfies [string, string]]),
    ...(has('accept') ? [] : [['Accept', '*/*'] satisfies [string, string]]),
    ...own,
    ['Connection', 'close'],
  ];
  const connection = await node.connect(host, port, { signal });
  const onAbort = () => connection.reset();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await asked(connection, { method: 'GET', target: target || '/', headers });
  } finally {
    signal.removeEventListener('abort', onAbort);
    connection.close();
  }
}

async function asked(
  connection: Connection,
  request: { method: string; target: string; headers: HttpHeaders },
): Promise<HttpResponse> {
  const response = await sendRequest(connection, { ...request, version: '1.1', body: nothing });
  response.body.cancel();
  return response;
}

function pathOf(path: string | undefined): string {
  if (!path) return '/';
  return path.startsWith('/') ? path : `/${path}`;
}

/** A number, or the name of one of the container's ports. */
export function portOf(container: Container, port: string | number): number | undefined {
  if (typeof port === 'number') return port;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

function badPort(port: string | number): ProbeResult {
  return { result: 'error', output: `couldn't find port: ${port}` };
}

interface Deadline {
  signal: AbortSignal;
  expired(): boolean;
  cancel(): void;
}

/** Fires after `ms` of cluster time or with the outer signal, whichever comes first. */
function deadline(clock: Clock, ms: number, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const onAbort = () => controller.abort(outer.reason);
  outer.addEventListener('abort', onAbort, { once: true });
  const cancelTimer = clock.after(ms, () => {
    expired = true;
    controller.abort(new Error(`timed out after ${duration(ms)}`));
  });
  return {
    signal: controller.signal,
    expired: () => expired,
    cancel: () => {
      cancelTimer();
      outer.removeEventListener('abort', onAbort);
    },
  };
}
