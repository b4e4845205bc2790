// Plays one case in a fresh embedded cluster, with the real kubectl and curl in its pods, and says what came out otherwise.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TestCluster } from '../../support/cluster.ts';
import { applyIstioKinds } from '../../support/istio-kinds.ts';
import { analyzeFaults } from './analyze.ts';
import { type Answer, askingScript, readAnswers } from './answers.ts';
import {
  type CaseRequest,
  type Manifest,
  type MeshCase,
  type MetricExpectation,
  type Phase,
  fixtures,
  seconds,
} from './cases.ts';
import { controlPlane, webhooks } from './control-plane.ts';
import { faultsOf, fits } from './judge.ts';
import { kialiFaults, kialiManifests } from './kiali.ts';

/** Cluster seconds a real second: time passes faster than the machine would need for it. */
const SPEED = 2;
/** Prometheus scrapes once a second. */
const SCRAPED_MS = 2_500;
/** A push takes a tenth of a second of cluster time; this is room for a busy machine. */
const PROPAGATION_MS = 600;

interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

class Stage {
  readonly cluster: TestCluster;
  readonly #kubectl: string;
  readonly #directory: string;
  usual = 0;

  constructor(cluster: TestCluster, kubectl: string, directory: string) {
    this.cluster = cluster;
    this.#kubectl = kubectl;
    this.#directory = directory;
  }

  async kubectl(words: string[], stdin = ''): Promise<Ran> {
    const child = spawn(this.#kubectl, words, {
      env: {
        ...process.env,
        KUBECONFIG: this.cluster.kubeconfig,
        KUBECACHEDIR: join(this.#directory, 'cache'),
      },
    });
    const ran = { exit: 0, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.stderr += text));
    child.stdin.end(stdin);
    ran.exit = await new Promise<number>((resolve) =>
      child.on('close', (code) => resolve(code ?? 1)),
    );
    return ran;
  }

  async apply(manifests: readonly Manifest[]): Promise<Ran> {
    const items = manifests.map((manifest) => inNamespace(manifest));
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    return this.kubectl(['apply', '-f', '-'], list);
  }

  async must(ran: Promise<Ran>): Promise<Ran> {
    const done = await ran;
    if (done.exit !== 0) throw new Error(`kubectl: ${done.stderr}${done.stdout}`);
    return done;
  }

  async pods(): Promise<
    { namespace: string; name: string; deployment: string; injected: boolean }[]
  > {
    const list = await this.cluster.get<{
      items: {
        metadata: { name: string; namespace: string; deletionTimestamp?: string };
        spec: { initContainers?: { name: string }[]; containers: { name: string }[] };
      }[];
    }>('/api/v1/pods');
    return list.items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, spec }) => ({
        namespace: metadata.namespace,
        name: metadata.name,
        deployment: `${metadata.namespace}/${metadata.name.split('-').slice(0, -2).join('-')}`,
        injected: [...(spec.initContainers ?? []), ...spec.containers].some(
          ({ name }) => name === 'istio-proxy',
        ),
      }));
  }

  async log(namespace: string, pod: string, container: string | undefined): Promise<string[]> {
    const { stdout } = await this.kubectl([
      'logs',
      '-n',
      namespace,
      pod,
      ...(container ? ['-c', container] : []),
    ]);
    return stdout.split('\n').filter((line) => line !== '');
  }
}

const CLUSTER_SCOPED = [
  'Namespace',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
];

function inNamespace(manifest: Manifest): Manifest {
  if (CLUSTER_SCOPED.includes(manifest.kind) || manifest.metadata.namespace) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace: 'app' } };
}

/** What came out otherwise, one line each. */
export async function play(meshCase: MeshCase, kubectl: string): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'mesh-case-'));
  const cluster = await TestCluster.start({ directory, clockSpeed: SPEED });
  try {
    const stage = new Stage(cluster, kubectl, directory);
    await applyIstioKinds({ kubeconfig: cluster.kubeconfig, directory, kubectl });
    await stage.must(stage.apply(controlPlane));
    await cluster.settled();
    await stage.must(stage.apply(webhooks));
    const looks = [meshCase, ...(meshCase.phases ?? [])].some(({ expect }) => expect?.kiali);
    if (looks) await stage.must(stage.apply(kialiManifests));
    const used = meshCase.use.flatMap((name) => fixtures[name] ?? []);
    if (used.length > 0) await stage.must(stage.apply(used));
    await cluster.settled();
    await wait(PROPAGATION_MS / SPEED);
    const played: string[] = [];
    for (const [index, phase] of (meshCase.phases ?? [meshCase]).entries()) {
      const faults = await playPhase(stage, phase);
      const where = meshCase.phases ? `phase ${index + 1}: ` : '';
      played.push(...faults.map((fault) => `${where}${fault}`));
    }
    return played;
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function playPhase(stage: Stage, phase: Phase): Promise<string[]> {
  const played: string[] = [];
  await change(stage, phase, played);
  if (phase.sleep) await wait((1000 * seconds(phase.sleep)) / SPEED);
  const expect = phase.expect ?? {};
  const proxies = (await stage.pods()).filter(({ injected }) => injected);
  const before = await measured(stage, proxies, expect.metrics);
  const logsBefore = await accessLogs(stage, expect.accessLog);
  for (const request of phase.requests ?? []) {
    const faults = await ask(stage, request);
    played.push(...faults.map((fault) => `${request.id ?? request.url}: ${fault}`));
  }
  const after = await measured(stage, proxies, expect.metrics);
  for (const [index, metric] of (expect.metrics ?? []).entries()) {
    const increase = (after[index] ?? 0) - (before[index] ?? 0);
    const wanted = metric.series === 'none' ? 0 : (metric.increase ?? 0);
    if (!fits(wanted, increase, increase))
      played.push(`metric ${JSON.stringify(metric)}: got ${increase}`);
  }
  const logsAfter = await accessLogs(stage, expect.accessLog);
  for (const [index, { of, lines, regex }] of (expect.accessLog ?? []).entries()) {
    const fresh = (logsAfter[index] ?? []).slice(logsBefore[index]?.length ?? 0);
    const matching = fresh.filter((line) => new RegExp(regex).test(line));
    if (!fits(lines, matching.length, fresh.length))
      played.push(
        `access log of ${of}: ${matching.length} of ${fresh.length} lines match ${regex}: ${fresh[0]}`,
      );
  }
  for (const [name, wanted] of Object.entries(expect.injected ?? {})) {
    const own = (await stage.pods()).filter(
      (pod) => pod.deployment === name || `${pod.namespace}/${pod.name}` === name,
    );
    if (own.length === 0 || own.some(({ injected }) => injected !== wanted))
      played.push(
        `injected ${name}: wanted ${wanted}, got ${own.map(({ injected }) => injected).join()}`,
      );
  }
  for (const [name, { fails }] of Object.entries(expect.podCreation ?? {})) {
    const said = await creationFailures(stage, name);
    if (!said.some((message) => message.includes(fails)))
      played.push(`pods of ${name}: wanted ${fails}, got ${said.join(' | ') || 'no failure'}`);
  }
  if (expect.kiali) {
    // A counter's first value is no increase: all is asked once more after it was scraped, and the window begins between.
    await wait(SCRAPED_MS / SPEED);
    const began = Date.now();
    for (const request of phase.requests ?? []) await ask(stage, { ...request, expect: {} });
    const seconds = () => Math.ceil(((Date.now() - began) * SPEED) / 1000) + 2;
    played.push(...(await kialiFaults(stage.cluster, expect.kiali, seconds)));
  }
  if (expect.analyze)
    played.push(...(await analyzeFaults(stage.cluster.kubeconfig, expect.analyze)));
  return played;
}

/** What the events of a Deployment's ReplicaSets say of pods that could not be made. */
async function creationFailures(stage: Stage, target: string): Promise<string[]> {
  const [namespace = '', name = ''] = target.split('/');
  const list = await stage.cluster.get<{
    items: { reason?: string; message?: string; involvedObject: { kind: string; name: string } }[];
  }>(`/api/v1/namespaces/${namespace}/events`);
  return list.items
    .filter(
      ({ reason, involvedObject }) =>
        reason === 'FailedCreate' && involvedObject.name.startsWith(`${name}-`),
    )
    .map(({ message }) => message ?? '');
}

async function change(stage: Stage, phase: Phase, played: string[]): Promise<void> {
  let changed = false;
  let said = '';
  for (const step of phase.apply ?? []) {
    changed = true;
    if ('pause' in step) {
      await wait((1000 * seconds(step.pause as string)) / SPEED);
      continue;
    }
    const manifest = step as Manifest;
    const { exit, stderr } = await stage.apply([manifest]);
    said += stderr;
    const refusal = phase.expect?.rejected?.find(
      ({ kind, name }) => kind === manifest.kind && name === manifest.metadata.name,
    );
    if (refusal ? exit === 0 || !refuses(stderr, refusal.message) : exit !== 0)
      played.push(`apply: wanted ${refusal?.message ?? 'success'}, got ${stderr || 'success'}`);
  }
  for (const warning of phase.expect?.warnings ?? [])
    if (!said.includes(warning)) played.push(`warning ${warning}: got ${said}`);
  for (const { kind, name, namespace } of phase.delete ?? []) {
    changed = true;
    await stage.must(stage.kubectl(['delete', kind.toLowerCase(), name, '-n', namespace]));
  }
  for (const [target, replicas] of Object.entries(phase.scale ?? {})) {
    changed = true;
    const [namespace = '', name = ''] = target.split('/');
    await stage.must(
      stage.kubectl(['scale', `deployment/${name}`, '-n', namespace, `--replicas=${replicas}`]),
    );
    await stage.must(
      stage.kubectl(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=60s']),
    );
  }
  if (!changed) return;
  await stage.cluster.settled();
  await wait(PROPAGATION_MS / SPEED);
}

/** The schema may refuse a negative weight before the webhook does, in words of its own: any refusal counts for that. */
function refuses(stderr: string, message: string): boolean {
  return (
    stderr.includes(message) ||
    (message.includes('< 0') && stderr.includes('greater than or equal to 0'))
  );
}

async function ask(stage: Stage, request: CaseRequest): Promise<string[]> {
  const [namespace = '', deployment = ''] = request.from.split('/');
  const expect = request.expect ?? {};
  const pods = await stage.pods();
  const caller = pods.find((pod) => pod.deployment === request.from);
  if (!caller) return [`there is no pod of ${request.from}`];
  const flagsBefore =
    caller.injected && expect.flag !== undefined
      ? await stage.log(namespace, caller.name, 'istio-proxy')
      : [];
  const upstreamBefore = await upstreamCounts(stage, expect.upstream);
  const usual = expect.time ? await usualTime(stage, namespace, deployment) : 0;
  const { stdout, stderr } = await stage.kubectl(
    ['exec', '-i', '-n', namespace, `deploy/${deployment}`, '-c', 'curl', '--', 'sh'],
    `${askingScript(request)}\n`,
  );
  const answers: Answer[] = readAnswers(stdout);
  if (answers.length !== (request.count ?? 1))
    return [
      `${answers.length} answers to ${request.count ?? 1} requests: ${stderr}${stdout.slice(0, 300)}`,
    ];
  // Logs are written when the last byte has gone.
  if (expect.flag !== undefined || expect.upstream) await wait(150);
  const flags =
    caller.injected && expect.flag !== undefined
      ? (await stage.log(namespace, caller.name, 'istio-proxy'))
          .slice(flagsBefore.length)
          .flatMap((line) => /" \d+ (\S+) /.exec(line)?.[1] ?? [])
      : undefined;
  const upstreamAfter = await upstreamCounts(stage, expect.upstream);
  const upstream = Object.fromEntries(
    Object.entries(upstreamAfter).map(([name, count]) => [
      name,
      count - (upstreamBefore[name] ?? 0),
    ]),
  );
  return faultsOf(expect, { answers, flags, upstream, usual });
}

/** A request that goes nowhere far: to the caller's own loopback, where nobody listens. */
async function usualTime(stage: Stage, namespace: string, deployment: string): Promise<number> {
  const { stdout } = await stage.kubectl([
    'exec',
    '-n',
    namespace,
    `deploy/${deployment}`,
    '-c',
    'curl',
    '--',
    'curl',
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{time_total}',
    'http://127.0.0.1:9/',
  ]);
  return Number(stdout) || 0;
}

/** Lines of the applications' own logs that are no probes. */
async function upstreamCounts(
  stage: Stage,
  wanted: Record<string, unknown> | undefined,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  if (!wanted) return counts;
  for (const { deployment, namespace, name } of await stage.pods()) {
    const short = deployment.split('/')[1] ?? '';
    if (!(short in wanted)) continue;
    const lines = await stage.log(namespace, name, undefined);
    const requests = lines.filter(
      (line) => / HTTP\/1\.[01]" \d+ /.test(line) && !line.includes('kube-probe'),
    );
    counts[short] = (counts[short] ?? 0) + requests.length;
  }
  return counts;
}

async function accessLogs(
  stage: Stage,
  wanted: { of: string; container: string }[] | undefined,
): Promise<string[][]> {
  const logs: string[][] = [];
  if (!wanted) return logs;
  const pods = await stage.pods();
  for (const { of, container } of wanted) {
    const lines: string[] = [];
    for (const pod of pods.filter(({ deployment }) => deployment === of))
      lines.push(...(await stage.log(pod.namespace, pod.name, container)));
    logs.push(lines);
  }
  return logs;
}

/** The sum over all proxies of the series that have these labels, as each proxy tells a scrape. */
async function measured(
  stage: Stage,
  proxies: { namespace: string; name: string }[],
  metrics: readonly MetricExpectation[] | undefined,
): Promise<number[]> {
  if (!metrics) return [];
  const texts = await Promise.all(
    proxies.map(async ({ namespace, name }) => {
      const { stdout } = await stage.kubectl([
        'exec',
        '-n',
        namespace,
        name,
        '-c',
        'istio-proxy',
        '--',
        'pilot-agent',
        'request',
        'GET',
        'stats/prometheus',
      ]);
      return stdout;
    }),
  );
  const lines = texts.flatMap((text) => text.split('\n'));
  return metrics.map(({ name, labels, missing = [] }) => {
    let sum = 0;
    for (const line of lines) {
      const match = /^(\w+)\{(.*)\} (\S+)$/.exec(line);
      if (match?.[1] !== name) continue;
      const own = `,${match[2]},`;
      const fits =
        Object.entries(labels).every(([key, value]) => own.includes(`,${key}="${value}",`)) &&
        // An empty label and none are the same to Prometheus.
        missing.every((key) => !own.includes(`,${key}="`) || own.includes(`,${key}="",`));
      if (fits) sum += Number(match[3]);
    }
    return sum;
  });
}
