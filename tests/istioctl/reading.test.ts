// The half of istioctl that reads, against an embedded cluster with the simulated Istio: through the kubeconfig and nothing else.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { said } from '../../istioctl/testing/said.ts';
import { made } from '../../scripts/products.ts';
import { TestCluster } from '../support/cluster.ts';
import { pinnedKubectl } from '../support/kubectl.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'istioctl-'));
const main = fileURLToPath(new URL('../../istioctl/main.ts', import.meta.url));
let cluster: TestCluster;
let kubectl: (words: string, stdin?: string) => Promise<string>;

const istioctl = (words: string, input = '') =>
  said(words.split(' '), { input, env: { KUBECONFIG: cluster.kubeconfig, HOME: directory } });

const APPS = ['frontend', 'backend']
  .map(
    (app) => `apiVersion: v1
kind: Service
metadata: {name: ${app}}
spec: {selector: {app: ${app}}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${app}}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${app}}}
  template:
    metadata: {labels: {app: ${app}, version: v1}}
    spec: {containers: [{name: hello, image: 'nginxdemos/hello:plain-text', ports: [{containerPort: 80}]}]}
`,
  )
  .join('---\n');

const RULES = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: backend}
spec:
  host: backend
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}}
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: backend}
spec:
  hosts: [backend]
  http:
  - match: [{headers: {canary: {exact: "true"}}}]
    route: [{destination: {host: backend, subset: v2}}]
  - route: [{destination: {host: backend, subset: v1}}]
`;

before(async () => {
  await made('schemas');
  cluster = await TestCluster.start({ directory, clockSpeed: 5 });
  const binary = await pinnedKubectl();
  kubectl = async (words, stdin) => {
    const child = run(binary, ['--kubeconfig', cluster.kubeconfig, ...words.split(' ')]);
    child.child.stdin?.end(stdin ?? '');
    return (await child).stdout;
  };
  const installed = await istioctl('install --set profile=minimal -y');
  assert.equal(installed.exit, 0, installed.err);
  await kubectl('label namespace default istio-injection=enabled');
  await kubectl('apply -f -', APPS);
  await cluster.settled();
  await kubectl('apply -f -', RULES);
  await until(async () =>
    /backend\.default/.test((await istioctl('pc cluster deploy/frontend')).out),
  );
});

after(async () => {
  await cluster.stop();
  rmSync(directory, { recursive: true });
});

/** How long a rule may take to reach a proxy before the test says that it did not. */
const ARRIVES_WITHIN_MS = 30_000;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ARRIVES_WITHIN_MS;
  while (!(await holds()))
    if (Date.now() > end) throw new Error(`the rules are not there after ${ARRIVES_WITHIN_MS} ms`);
}

test('a proxy is found by its pod, its Deployment, and across namespaces', async () => {
  const pod = (await kubectl('get pods -l app=frontend -o name')).trim().replace('pod/', '');
  const outs = [];
  for (const name of [
    pod,
    `${pod}.default`,
    'deploy/frontend',
    'deployment/frontend.default',
    'svc/frontend',
  ])
    outs.push(
      (await istioctl(`proxy-config cluster ${name} --fqdn backend.default.svc.cluster.local`)).out,
    );
  assert.equal(new Set(outs).size, 1);
  assert.match(
    outs[0] ?? '',
    /^backend\.default\.svc\.cluster\.local +80 +v1 +outbound +EDS +backend\.default$/m,
  );
});

test('a pod or a Deployment that is not there is named', async () => {
  assert.equal(
    (await istioctl('pc routes nope --name http')).err,
    'Error: failed to execute command on nope.default sidecar: failure running port forward process: failure running port forward process: building port forwarded: failed retrieving: pods "nope" not found in the "default" namespace\n',
  );
  assert.match(
    (await istioctl('pc routes deploy/nope')).err,
    /^Error: failed retrieving: deployments\.apps "nope" not found in the "default" namespace$/m,
  );
});

test('routes and endpoints are those that the proxy has', async () => {
  const { out } = await istioctl('pc routes deploy/frontend --name 80');
  assert.equal(out.match(/ backend\.default$/gm)?.length, 2);
  const subset = (name: string) =>
    istioctl(
      `pc endpoints deploy/frontend --cluster outbound|80|${name}|backend.default.svc.cluster.local`,
    );
  assert.match((await subset('v1')).out, /^[\d.]+:80 +HEALTHY +OK +outbound\|80\|v1\|backend/m);
  // An empty subset is only the header.
  assert.equal((await subset('v2')).out, 'ENDPOINT     STATUS     OUTLIER CHECK     CLUSTER\n');
});

test('every proxy is subscribed to all that istiod sends, and in step with it', async () => {
  const { exit, out } = await istioctl('proxy-status');
  assert.equal(exit, 0);
  const [header, ...proxies] = out.trimEnd().split('\n');
  assert.match(header ?? '', /^NAME +CLUSTER +ISTIOD +VERSION +SUBSCRIBED TYPES$/);
  assert.equal(proxies.length, 2);
  for (const line of proxies)
    assert.match(line, /^\S+\.default +Kubernetes +istiod-\S+ +1\.30\.3 +4 \(CDS,LDS,EDS,RDS\)$/);
  assert.match(
    (await istioctl('ps -v 1')).out,
    /^NAME +CLUSTER +CDS +ECDS +EDS +LDS +RDS +ISTIOD +VERSION$/m,
  );
  const [first] = JSON.parse((await istioctl('ps -o json')).out).resources;
  assert.equal(first.genericXdsConfigs[0].configStatus, 'SYNCED');
});

test('one proxy is compared with what its istiod would send it', async () => {
  const { out } = await istioctl('ps deploy/frontend');
  assert.match(
    out,
    /^Clusters Match\nListeners Match\nRoutes Match \(RDS last loaded at \w{3}, \d\d \w{3} \d{4} /,
  );
});

test('the analysis of the cluster finds the empty subset and fails', async () => {
  const { exit, out, err } = await istioctl('analyze');
  assert.equal(exit, 79);
  assert.equal(
    out,
    'Error [IST0173] (DestinationRule default/backend) The Subset v2 defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).\n',
  );
  assert.match(err, /^Error: Analyzers found issues when analyzing namespace: default\.$/m);
});

test('a file is analysed as if it had been applied', async () => {
  const second = RULES.slice(RULES.indexOf('---\n') + 4).replace('name: backend}', 'name: second}');
  const { out } = await istioctl('analyze -', second);
  assert.match(out, /^Error \[IST0109\] \(VirtualService default\/backend\)/m);
  assert.match(out, /^Error \[IST0109\] \(VirtualService default\/second -:1\)/m);
});

test('a namespace that is not there is said, and no error', async () => {
  assert.deepEqual(await istioctl('analyze -n nope'), {
    exit: 0,
    out: '',
    err: 'namespace "nope" not found\n',
  });
});

test('a pod is described with the rules of its callers', async () => {
  const pod = (await kubectl('get pods -l app=backend -o name')).trim().replace('pod/', '');
  const { exit, out } = await istioctl(`x describe pod ${pod}`);
  assert.equal(exit, 0);
  assert.equal(
    out,
    `Pod: ${pod}
   Pod Revision: default
   Pod Ports: 80 (hello)
--------------------
Service: backend
   Port: http 80/HTTP targets pod port 80
DestinationRule: backend for "backend"
   Matching subsets: v1
      (Non-matching subsets v2)
   Policies: outlier detection
VirtualService: backend
   1 additional destination(s) that will not reach this pod
      Route to non-matching subset v2 for (Match:  when headers are canary=true)
--------------------
Effective PeerAuthentication:
   Workload mTLS mode: PERMISSIVE
Skipping Gateway information (no ingress gateway pods)
`,
  );
});

test('a Service is described by its first pod', async () => {
  const { out } = await istioctl('experimental describe svc backend');
  assert.match(
    out,
    /^Service: backend\n {3}Port: http 80\/HTTP targets pod port 80\nDestinationRule: backend /,
  );
});

test('kube-inject gives the sidecar that istiod would give', async () => {
  const manifest = APPS.slice(APPS.indexOf('---\n') + 4).split('---\n')[0] ?? '';
  const { out } = await istioctl('kube-inject -f -', manifest);
  assert.match(out, /image: registry\.istio\.io\/release\/proxyv2:1\.30\.3/);
  // What it wrote is taken by the cluster, and not injected a second time.
  assert.match(
    await kubectl(
      'apply -n kube-public --dry-run=server -f -',
      out.replaceAll('name: frontend', 'name: other'),
    ),
    /created/,
  );
});

test("a proxy's log levels are shown and changed", async () => {
  assert.match((await istioctl('pc log deploy/frontend')).out, /^ {2}rbac: warning$/m);
  assert.match(
    (await istioctl('pc log deploy/frontend --level rbac:debug')).out,
    /^ {2}rbac: debug$/m,
  );
  assert.match(
    (await istioctl('pc log deploy/frontend --level loud')).err,
    /unrecognized logging level: loud/,
  );
});

test("a proxy's numbers are listed, as text and as JSON", async () => {
  const { out } = await istioctl('x envoy-stats deploy/frontend');
  assert.match(out, /^\nThe result of pod frontend-\S+:\n\n/);
  assert.match(out, /^server\.live: 1$/m);
  const hosts = await istioctl('x es deploy/frontend --type clusters -o json');
  assert.match(hosts.out, /"outbound\|80\|v1\|backend\.default\.svc\.cluster\.local"/);
  assert.match((await istioctl('x es deploy/frontend -t nope')).err, /unknown stats type nope/);
});

test('a pod answers for its own proxy', async () => {
  const out = await kubectl(
    'exec deploy/frontend -c istio-proxy -- pilot-agent request GET server_info',
  );
  assert.equal(JSON.parse(out).state, 'LIVE');
  assert.match(
    await kubectl('exec deploy/frontend -c istio-proxy -- curl -s localhost:15000/ready'),
    /^LIVE$/m,
  );
});

test('istiod writes a log, and shows its pages to itself', async () => {
  assert.match(
    await kubectl('logs -n istio-system deploy/istiod'),
    /XDS: Pushing Services:\d+ ConnectedEndpoints:2/,
  );
  const status = await kubectl(
    'exec -n istio-system deploy/istiod -- pilot-discovery request GET /debug/syncz',
  );
  assert.equal(JSON.parse(status).length, 2);
});

test('a dashboard is forwarded until it is interrupted', async () => {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      'dashboard',
      'envoy',
      'deploy/frontend',
      '--browser=false',
      '--port',
      '0',
    ],
    {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  assert.ok(child.stdout);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [response] = await once(get(`${url}/ready`), 'response');
  assert.equal(response.statusCode, 200);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('what is not there to be shown is said', async () => {
  assert.equal(
    (await istioctl('dashboard grafana')).err,
    'Error: no pods found with selector app.kubernetes.io/name=grafana\n',
  );
});
