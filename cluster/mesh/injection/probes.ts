// Probes of the app's containers: the kubelet cannot speak mutual TLS, so it asks the sidecar, which asks the app.
// What the app's own probes were is told to the sidecar as JSON.

import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
} from '../../schema/fields.ts';
import { PORTS } from './settings.ts';

const PROBES = [
  ['readinessProbe', 'readyz'],
  ['livenessProbe', 'livez'],
  ['startupProbe', 'startupz'],
] as const;

const HOOKS = [
  ['preStop', 'prestopz'],
  ['postStart', 'poststartz'],
] as const;

/** The probes of these containers, as the sidecar reads them; empty when there are none. */
export function appProbers(containers: Fields[]): string {
  const probers: [string, Fields][] = [];
  for (const container of containers) {
    const name = stringOf(container['name']);
    const ports = new Map(
      listOf(container['ports']).map((port) => [
        stringOf(port['name']),
        numberOf(port['containerPort']),
      ]),
    );
    const add = (path: string, handler: unknown, more: Fields) => {
      const prober = proberOf(handler, ports, more);
      if (prober) probers.push([path, prober]);
    };
    for (const [field, path] of PROBES) {
      const probe = container[field];
      const timeoutSeconds = numberOf(fieldsOf(probe)['timeoutSeconds']) ?? 0;
      const more = timeoutSeconds === 0 ? {} : { timeoutSeconds };
      add(`/app-health/${name}/${path}`, probe, more);
    }
    for (const [field, path] of HOOKS)
      add(`/app-lifecycle/${name}/${path}`, fieldsOf(container['lifecycle'])[field], {});
  }
  if (probers.length === 0) return '';
  return JSON.stringify(Object.fromEntries(probers.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function proberOf(
  handler: unknown,
  ports: ReadonlyMap<string, number | undefined>,
  more: Fields,
): Fields | undefined {
  const { httpGet, tcpSocket, grpc } = fieldsOf(handler);
  if (isFields(grpc)) return { grpc: { ...grpc }, ...more };
  const [field, action] = isFields(httpGet)
    ? (['httpGet', httpGet] as const)
    : (['tcpSocket', tcpSocket] as const);
  if (!isFields(action)) return undefined;
  const port = typeof action['port'] === 'string' ? ports.get(action['port']) : action['port'];
  if (typeof port !== 'number' || port === PORTS.status) return undefined;
  // Fields in the order of their declaration, as Go writes them.
  const { path, host, scheme, httpHeaders } = action;
  const written = { path, port, host, scheme, httpHeaders };
  return { [field]: withoutAbsent(written), ...more };
}

function withoutAbsent(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Points the probes of a container at the sidecar. Changes the given container. */
export function rewriteProbes(container: Fields): void {
  const name = stringOf(container['name']);
  for (const [field, path] of PROBES) rewrite(container[field], `/app-health/${name}/${path}`);
  const lifecycle = fieldsOf(container['lifecycle']);
  for (const [field, path] of HOOKS) rewrite(lifecycle[field], `/app-lifecycle/${name}/${path}`);
}

function rewrite(handler: unknown, path: string): void {
  if (!isFields(handler)) return;
  const { httpGet, tcpSocket, grpc } = handler;
  if (!isFields(httpGet) && !isFields(tcpSocket) && !isFields(grpc)) return;
  const action: Fields = isFields(httpGet) ? { ...httpGet } : {};
  action['path'] = path;
  action['port'] = PORTS.status;
  if (action['scheme'] === 'HTTPS') action['scheme'] = 'HTTP';
  handler['httpGet'] = action;
  delete handler['tcpSocket'];
  delete handler['grpc'];
}
