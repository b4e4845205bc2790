// The programs of the proxy's image: pilot-agent, which is the proxy itself and the pod's health and metrics beside it.
// Ports as in life: 15020 agent, 15021 health, 15090 Envoy's metrics, 15000 on loopback for `pilot-agent request`.
// Source: istio/istio pilot/cmd/pilot-agent; injection-template.yaml (arguments and probes).

import { sendRequest } from '../../network/http-client.ts';
import { serveHttp, textResponse } from '../../network/http-server.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  headerOf,
} from '../../network/http.ts';
import { NetError } from '../../network/network.ts';
import { HttpError } from '../../network/http-message.ts';
import type { Process, Program } from '../../node/process.ts';
import { at, isFields, numberOf, stringOf, stringsOf } from '../../schema/fields.ts';
import { bytesOf, nothing, readAll, textOf } from '../../streams.ts';
import { type ProxyAdmin, answerAdmin, prometheusText } from '../admin/admin.ts';
import { LogLevels } from '../admin/log-levels.ts';
import { type StatsInclusion, statsInclusion } from '../admin/stats.ts';
import type { Delivered, Mesh } from '../mesh.ts';
import { parseJson } from '../proxy/peer.ts';
import { Sidecar } from '../proxy/sidecar.ts';
import { type ProxyIdentity, spiffeId } from '../routing/workloads.ts';
import { appMetricsOf, mergedMetrics, metricsResponse } from './agent-metrics.ts';
import { AgentStatus } from './agent-status.ts';
import { IstioMetrics } from '../telemetry/istio-metrics.ts';
import { MetricRegistry } from '../telemetry/registry.ts';

const AGENT_PORT = 15_020;
const HEALTH_PORT = 15_021;
const ADMIN_PORT = 15_000;
const METRICS_PORT = 15_090;

/** A process's exit code when it is ended by SIGTERM and says so itself. */
const DONE = 0;
const USAGE = 1;

export function pilotAgent(mesh: Mesh, version: string): Program {
  return (process) => {
    const command = process.argv[1] ?? '';
    switch (command) {
      case 'proxy':
        return runProxy(process, mesh, version);
      case 'istio-iptables':
      case 'istio-clean-iptables':
        // The redirect itself is the proxy's: a simulated pod has no iptables.
        return Promise.resolve(DONE);
      case 'request':
        return request(process);
      case 'wait':
        return waitUntilReady(process);
      case 'version':
        return say(process, `version.BuildInfo{Version:"${version}"}\n`, DONE);
      default:
        return say(
          process,
          `pilot-agent: ${command || 'no command'}: the simulated agent knows proxy, istio-iptables, request, wait and version\n`,
          USAGE,
        );
    }
  };
}

async function say(process: Process, text: string, code: number): Promise<number> {
  await process.stdout.write(bytesOf(text));
  return code;
}

async function runProxy(process: Process, mesh: Mesh, version: string): Promise<number> {
  const namespace = process.env.get('POD_NAMESPACE') ?? '';
  const name = process.env.get('POD_NAME') ?? process.net.hostname;
  const registry = new MetricRegistry();
  let sidecar: Sidecar | undefined;
  let metrics: IstioMetrics | undefined;
  const status = new AgentStatus(process);
  const discovery = process.env.get('CA_ADDR') ?? 'istiod.istio-system.svc:15012';
  status.started(version, `${name}.${namespace}`, namespace, discovery);
  const kind = process.argv[2] === 'router' ? 'router' : 'sidecar';
  const since = process.clock.now();
  let received: Delivered | undefined;
  let updates = 0;
  const pushed = (delivered: Delivered) => {
    const { identity, config } = delivered;
    received = delivered;
    updates++;
    status.received(discovery);
    // A gateway is there and ready; it takes no part in traffic (docs/not-simulated.md).
    if (kind === 'router') return;
    if (sidecar) return sidecar.apply(config);
    metrics = new IstioMetrics({
      registry,
      self: identity.workload,
      principal: spiffeId(config.trustDomain, identity.namespace, identity.serviceAccount),
    });
    sidecar = new Sidecar({
      net: process.net,
      clock: process.clock,
      random: () => process.random(),
      identity,
      config,
      telemetry: metrics,
      write: (line) => status.write(line),
      fault: (error) => status.log('error', `a request failed within the proxy: ${String(error)}`),
    });
    sidecar.start();
  };
  let inclusion: StatsInclusion | undefined;
  const admin: ProxyAdmin = {
    dump: () => ({
      bootstrap: {
        identity: received?.identity ?? unknownIdentity(process, namespace, name),
        version,
        discoveryAddress: discovery,
        since,
      },
      received,
      rootCertificate: () => fileOf(process, ROOT_CERTIFICATE),
    }),
    clusters: () => sidecar?.upstreams.list() ?? [],
    updates: () => updates,
    // Read once, as Envoy's bootstrap is.
    inclusion: () =>
      (inclusion ??= statsInclusion(podAnnotations(process), statsMatcherOf(process))),
    levels: new LogLevels(
      flagOf(process, 'proxyLogLevel') ?? 'warning',
      flagOf(process, 'proxyComponentLogLevel'),
    ),
    metrics: () => {
      metrics?.settle(process.clock.now());
      return registry.text();
    },
    now: () => process.clock.now(),
    options: {
      concurrency: 1,
      config_path: 'etc/istio/proxy/envoy-rev.json',
      log_level: flagOf(process, 'proxyLogLevel') ?? 'warning',
      component_log_level: flagOf(process, 'proxyComponentLogLevel') ?? '',
      service_cluster: 'istio-proxy',
    },
  };
  listen(process, HEALTH_PORT, undefined, () => status.probed());
  listen(process, METRICS_PORT, undefined, () => metricsResponse(prometheusText(admin)));
  listen(process, ADMIN_PORT, '127.0.0.1', ({ method, target }) =>
    answerAdmin(method, target, admin),
  );
  const app = appMetricsOf(process);
  const probes = appProbes(process.env.get('ISTIO_KUBE_APP_PROBERS'));
  listen(process, AGENT_PORT, undefined, ({ target, headers }) => {
    const path = target.split('?')[0] ?? '';
    if (path === '/stats/prometheus')
      return mergedMetrics(process, prometheusText(admin), app, (words) =>
        status.log('error', words),
      );
    if (path === '/healthz/ready') return status.probed();
    if (path === '/drain') {
      status.drained();
      sidecar?.drain();
      return textResponse(200, 'OK\n');
    }
    const probe = probes.get(path);
    return probe ? probeApp(process, probe, headers) : textResponse(404, 'not found');
  });
  const disconnect = mesh.connect(namespace, name, pushed, version, kind);
  try {
    await new Promise<void>((resolve, reject) => {
      process.onSignal('SIGTERM', resolve);
      process.onSignal('SIGINT', resolve);
      process.signal.addEventListener('abort', () => reject(process.signal.reason as Error));
    });
    await status.terminate(() => sidecar?.drain());
    return DONE;
  } finally {
    disconnect();
    sidecar?.stop();
  }
}

function listen(
  process: Process,
  port: number,
  ip: string | undefined,
  answer: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
): void {
  process.net.listen(
    port,
    (connection) => {
      serveHttp(connection, async (request) => answer(request)).catch((error: unknown) => {
        process.stderr.write(bytesOf(`port ${port}: ${String(error)}\n`)).catch(() => {});
      });
    },
    ip,
  );
}

const ROOT_CERTIFICATE = '/var/run/secrets/istio/root-cert.pem';
const ANNOTATIONS = '/etc/istio/pod/annotations';

/** Undefined for a file that is not there. */
function fileOf(process: Process, path: string): string | undefined {
  return process.fs.stat(path) ? textOf(process.fs.readFile(path)) : undefined;
}

/** The downward API writes one a line: `name="value"`, escaped. */
function podAnnotations(process: Process): Record<string, string> {
  const lines = (fileOf(process, ANNOTATIONS) ?? '').split('\n');
  return Object.fromEntries(
    lines.flatMap((line): [string, string][] => {
      const split = line.indexOf('=');
      const value = parseJson(line.slice(split + 1));
      return split > 0 && typeof value === 'string' ? [[line.slice(0, split), value]] : [];
    }),
  );
}

/** `proxyStatsMatcher` of the pod's own proxy configuration. */
function statsMatcherOf(process: Process) {
  const matcher = at(parseJson(process.env.get('PROXY_CONFIG') ?? '{}'), 'proxyStatsMatcher');
  const list = (name: string) => stringsOf(at(matcher, name));
  return {
    prefixes: list('inclusionPrefixes'),
    suffixes: list('inclusionSuffixes'),
    regexps: list('inclusionRegexps'),
  };
}

/** `--name=value` */
function flagOf(process: Process, name: string): string | undefined {
  const prefix = `--${name}=`;
  return process.argv.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}

/** Before istiod has answered, a proxy knows of itself what its environment says. */
function unknownIdentity(process: Process, namespace: string, podName: string): ProxyIdentity {
  const name = process.env.get('ISTIO_META_WORKLOAD_NAME') ?? podName;
  return {
    podName,
    namespace,
    ip: process.net.ip,
    labels: {},
    serviceAccount: process.env.get('SERVICE_ACCOUNT') ?? 'default',
    workload: {
      name,
      namespace,
      canonicalName: name,
      canonicalRevision: 'latest',
      app: undefined,
      version: undefined,
    },
    interception: {
      excludedOutboundPorts: [],
      excludedInboundPorts: [],
      excludedOutboundBlocks: [],
    },
  };
}

interface AppProbe {
  path: string;
  port: number;
  timeoutMs: number;
  headers: [string, string][];
}

/** Probes that the injection has moved to the agent: by path, what the application's own was. */
function appProbes(text: string | undefined): Map<string, AppProbe> {
  const probes = new Map<string, AppProbe>();
  const parsed = text === undefined ? undefined : parseJson(text);
  if (!isFields(parsed)) return probes;
  for (const [path, probe] of Object.entries(parsed)) {
    if (!isFields(probe) || !isFields(probe['httpGet'])) continue;
    const get = probe['httpGet'];
    const port = Number(get['port']);
    if (!Number.isInteger(port)) continue;
    const list = Array.isArray(get['httpHeaders']) ? get['httpHeaders'] : [];
    probes.set(path, {
      path: stringOf(get['path']) || '/',
      port,
      timeoutMs: (numberOf(probe['timeoutSeconds']) ?? 1) * 1000,
      headers: list
        .filter(isFields)
        .map((header): [string, string] => [stringOf(header['name']), stringOf(header['value'])]),
    });
  }
  return probes;
}

async function probeApp(
  process: Process,
  probe: AppProbe,
  asked: HttpHeaders,
): Promise<HttpResponse> {
  try {
    const connection = await process.net.connect(process.net.ip, probe.port, {
      direct: true,
      source: '127.0.0.6',
      timeoutMs: probe.timeoutMs,
    });
    const giveUp = process.clock.after(probe.timeoutMs, () => connection.reset());
    try {
      const { status, body } = await sendRequest(connection, {
        method: 'GET',
        target: probe.path,
        version: '1.1',
        headers: [
          ['Host', `${process.net.ip}:${probe.port}`],
          ['Connection', 'close'],
          // The kubelet's own words, so that the application knows a probe.
          ['User-Agent', headerOf(asked, 'user-agent') ?? ''],
          ...probe.headers,
        ],
        body: nothing,
      });
      body.cancel();
      return textResponse(status, '');
    } finally {
      giveUp();
      connection.close();
    }
  } catch (error) {
    if (!(error instanceof NetError || error instanceof HttpError)) throw error;
    return textResponse(500, '');
  }
}

/** `pilot-agent wait`: an application that shall not start before its proxy waits here. Source: cmd/pilot-agent/app/wait.go. */
async function waitUntilReady(process: Process): Promise<number> {
  const limitMs = 1000 * Number(flagOf(process, 'timeoutSeconds') ?? 60);
  const periodMs = Number(flagOf(process, 'periodMillis') ?? 500);
  const until = process.clock.now() + limitMs;
  for (;;) {
    if (await isReady(process)) return say(process, 'Envoy is ready!\n', DONE);
    if (process.clock.now() >= until)
      return say(
        process,
        `timeout waiting for Envoy proxy to become ready. Last error: not ready\n`,
        USAGE,
      );
    await process.clock.sleep(periodMs, process.signal);
  }
}

async function isReady(process: Process): Promise<boolean> {
  try {
    const connection = await process.net.connect('127.0.0.1', HEALTH_PORT);
    const { status } = await sendRequest(connection, {
      method: 'GET',
      target: '/healthz/ready',
      version: '1.1',
      headers: [['Host', `localhost:${HEALTH_PORT}`]],
      body: nothing,
    });
    connection.close();
    return status === 200;
  } catch (error) {
    if (!(error instanceof NetError || error instanceof HttpError)) throw error;
    return false;
  }
}

/** `pilot-agent request GET stats/prometheus`; `--debug-port` names another port than Envoy's administration. */
async function request(process: Process): Promise<number> {
  const words = process.argv.slice(2);
  const [method = 'GET', path = ''] = words.filter((word) => !word.startsWith('--'));
  const port = words.find((word) => word.startsWith('--debug-port='))?.split('=')[1];
  const connection = await process.net.connect('127.0.0.1', Number(port ?? ADMIN_PORT));
  const { status, body } = await sendRequest(connection, {
    method,
    target: `/${path.replace(/^\//, '')}`,
    version: '1.1',
    headers: [['Host', `localhost:${ADMIN_PORT}`]],
    body: nothing,
  });
  await process.stdout.write(await readAll(body));
  connection.close();
  return status === 200 ? DONE : USAGE;
}
