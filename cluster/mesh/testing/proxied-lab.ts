// Sidecars in a simulated network, for tests: pods with a small server each, proxies where they are wanted, and a caller.

import { sendRequest } from '../../network/http-client.ts';
import { type HttpHandle, serveHttp, textResponse } from '../../network/http-server.ts';
import type { Connection } from '../../network/network.ts';
import type { HttpHeaders } from '../../network/http.ts';
import { type NetworkLab, networkLab, seeded } from '../../network/testing/network-lab.ts';
import type { Pod } from '../../controllers/kinds.ts';
import { bytesOf, nothing, readAll, readerOf, textOf } from '../../streams.ts';
import { Sidecar } from '../proxy/sidecar.ts';
import { type ProxyIdentity, identityOf, spiffeId } from '../routing/workloads.ts';
import { IstioMetrics } from '../telemetry/istio-metrics.ts';
import { MetricRegistry } from '../telemetry/registry.ts';
import { type MeshDraft, seenBy } from './mesh-lab.ts';

export interface Answer {
  status: number;
  headers: HttpHeaders;
  body: string;
}

export interface Asking {
  method?: string;
  headers?: HttpHeaders;
  host?: string;
  version?: '1.0' | '1.1';
  body?: string;
}

export interface ProxiedLab {
  net: NetworkLab;
  /** Log lines of a pod's proxy. */
  logs: Map<string, string[]>;
  metrics: Map<string, MetricRegistry>;
  sidecars: Map<string, Sidecar>;
  /** Requests each pod's application got. */
  received: Map<string, { target: string; headers: HttpHeaders }[]>;
  faults: unknown[];
  /** Another mesh, pushed to every proxy. */
  push(draft: MeshDraft): void;
  /** From a pod, as curl does: one connection. Rejects as the network does. */
  ask(from: string, url: string, asking?: Asking): Promise<Answer>;
  /** A connection of a pod's own making, for what `ask` cannot do. */
  connect(from: string, ip: string, port: number): Promise<Connection>;
  /** Lets time pass until a promise settles. */
  during<Value>(promise: Promise<Value>, ms?: number): Promise<Value>;
}

/** Serves each pod's port 80 unless told otherwise; the answer names the pod. */
export async function proxiedLab(
  draft: MeshDraft,
  options: { handles?: Record<string, HttpHandle>; seed?: number } = {},
): Promise<ProxiedLab> {
  const net = networkLab();
  const random = seeded(options.seed ?? 1);
  const lab: ProxiedLab = {
    net,
    logs: new Map(),
    metrics: new Map(),
    sidecars: new Map(),
    received: new Map(),
    faults: [],
    push: (next) => {
      for (const pod of draft.pods ?? [])
        lab.sidecars.get(pod.metadata.name)?.apply(seenBy(pod, next));
    },
    ask: async (from, url, asking = {}) => {
      const pod = (draft.pods ?? []).find(({ metadata }) => metadata.name === from);
      const namespace = spaces.get(pod?.status?.podIP ?? '');
      if (!namespace) throw new Error(`there is no pod ${from}`);
      const { ip, host, port, target } = await resolved(url);
      const connection = await namespace.connect(ip, port);
      try {
        const body = asking.body === undefined ? nothing : readerOf(asking.body);
        const length: HttpHeaders =
          asking.body === undefined
            ? []
            : [['Content-Length', String(bytesOf(asking.body).length)]];
        const response = await sendRequest(connection, {
          method: asking.method ?? 'GET',
          target,
          version: asking.version ?? '1.1',
          headers: [
            ['Host', asking.host ?? host],
            ['User-Agent', 'curl/8.11.1'],
            ...(asking.headers ?? []),
            ...length,
          ],
          body,
        });
        const text = textOf(await readAll(response.body));
        return { status: response.status, headers: response.headers, body: text };
      } finally {
        connection.close();
      }
    },
    connect: (from, ip, port) => {
      const pod = (draft.pods ?? []).find(({ metadata }) => metadata.name === from);
      const namespace = spaces.get(pod?.status?.podIP ?? '');
      if (!namespace) throw new Error(`there is no pod ${from}`);
      return namespace.connect(ip, port);
    },
    during: async (promise, ms = 60_000) => {
      let over = false;
      const watched = promise.finally(() => (over = true));
      watched.catch(() => {});
      for (let passed = 0; passed < ms; passed += 10) {
        await net.clock.step(10);
        if (over) break;
      }
      return watched;
    },
  };
  const resolved = (url: string) => {
    const [, host = '', path = '/'] = /^http:\/\/([^/?]+)(.*)$/.exec(url) ?? [];
    const [name = '', port = '80'] = host.split(':');
    const service = (draft.services ?? []).find(
      (each) =>
        each.service.metadata.name === name.split('.')[0] &&
        (name.split('.')[1] ?? 'app') === each.service.metadata.namespace,
    );
    const ip = service?.service.spec.clusterIP ?? name;
    return Promise.resolve({
      ip,
      host,
      port: Number(port),
      target: path.startsWith('/') ? path : `/${path}`,
    });
  };
  const spaces = new Map<string, ReturnType<NetworkLab['pod']>>();
  for (const { service, slice } of draft.services ?? []) {
    net.store.create('services', service);
    net.store.create('endpointslices.discovery.k8s.io', slice as never);
  }
  for (const pod of draft.pods ?? []) {
    const { name } = pod.metadata;
    const ip = pod.status?.podIP ?? '';
    const namespace = net.pod(ip, { namespace: pod.metadata.namespace ?? '', hostname: name });
    spaces.set(ip, namespace);
    lab.received.set(name, []);
    const handle = options.handles?.[name];
    namespace.listen(80, (connection) => {
      serveHttp(connection, async (request, ...rest) => {
        lab.received.get(name)?.push({ target: request.target, headers: request.headers });
        if (handle) return handle(request, ...rest);
        await readAll(request.body);
        return textResponse(200, `pod=${name}\n`, [
          ['Server', 'nginx'],
          ['Content-Type', 'text/plain'],
        ]);
      }).catch((error: unknown) => lab.faults.push(error));
    });
    if (isInjected(pod)) startSidecar(lab, pod, seenBy(pod, draft), namespace, random);
  }
  await net.clock.step(0);
  return lab;
}

function isInjected(pod: Pod): boolean {
  return pod.metadata.labels?.['security.istio.io/tlsMode'] === 'istio';
}

function startSidecar(
  lab: ProxiedLab,
  pod: Pod,
  config: ReturnType<typeof seenBy>,
  namespace: ReturnType<NetworkLab['pod']>,
  random: () => number,
): void {
  const { name } = pod.metadata;
  const registry = new MetricRegistry();
  const lines: string[] = [];
  const identity: ProxyIdentity = identityOf(pod);
  const sidecar = new Sidecar({
    net: namespace,
    clock: lab.net.clock,
    random,
    identity,
    config,
    telemetry: new IstioMetrics({
      registry,
      self: identity.workload,
      principal: spiffeId('cluster.local', identity.namespace, identity.serviceAccount),
    }),
    write: (line) => lines.push(line),
    fault: (error) => lab.faults.push(error),
  });
  sidecar.start();
  lab.logs.set(name, lines);
  lab.metrics.set(name, registry);
  lab.sidecars.set(name, sidecar);
}

/** The value of a header of an answer. */
export function header({ headers }: Answer, name: string): string | undefined {
  return headers.find(([other]) => other === name)?.[1];
}
