// The real helm, 4 and 3, against a real embedded cluster: a chart of ours through the life of a release.
// Helm 4 applies on the server and reads statuses as kstatus does; helm 3 sends three-way patches. Both judge one cluster.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { made } from '../../scripts/products.ts';
import { type HelmMajor, pinnedHelm, unavailable } from '../support/client-tools.ts';
import { TestCluster } from '../support/cluster.ts';

const CHART = fileURLToPath(new URL('../fixtures/chart', import.meta.url));

/** Helm's own pauses between looks are real seconds; the cluster's need not be. */
const CLOCK_SPEED = 5;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

interface Lab {
  cluster: TestCluster;
  helm(...words: string[]): Promise<Outcome>;
}

async function labOf(major: HelmMajor, t: TestContext): Promise<Lab> {
  await made('schemas');
  const path = await pinnedHelm(major);
  const directory = mkdtempSync(join(tmpdir(), 'helm-'));
  const cluster = await TestCluster.start({ directory, clockSpeed: CLOCK_SPEED });
  t.after(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const helm = async (...words: string[]): Promise<Outcome> => {
    const child = spawn(path, words, {
      cwd: directory,
      env: { HOME: directory, KUBECONFIG: cluster.kubeconfig, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, stdout, stderr };
  };
  return { cluster, helm };
}

interface Page {
  text: string | undefined;
  note: string | undefined;
  replicas: number | undefined;
  ready: number | undefined;
}

/** What of the release stands in the cluster. */
async function page({ cluster }: Lab): Promise<Page> {
  const [map, note, deployment] = await Promise.all([
    cluster.get<{ data?: Record<string, string> }>(
      '/api/v1/namespaces/default/configmaps/web-page',
    ),
    cluster.get<{ spec?: { text: string } }>(
      '/apis/tests.meshproof.example/v1/namespaces/default/notes/web',
    ),
    cluster.get<{ spec?: { replicas: number }; status?: { readyReplicas?: number } }>(
      '/apis/apps/v1/namespaces/default/deployments/web',
    ),
  ]);
  return {
    text: map.data?.['index.html']?.trim(),
    note: note.spec?.text,
    replicas: deployment.spec?.replicas,
    ready: deployment.status?.readyReplicas,
  };
}

async function ok(outcome: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await outcome;
  assert.equal(code, 0, stderr + stdout);
  return stdout;
}

interface Release {
  name: string;
  revision: string;
  status: string;
}

interface Revision {
  revision: number;
  status: string;
  description: string;
}

const GONE: Page = { text: undefined, note: undefined, replicas: undefined, ready: undefined };

for (const major of [4, 3] as const) {
  const options = unavailable === undefined ? {} : { skip: unavailable };

  test(
    `helm ${major} installs, upgrades, rolls back and uninstalls a chart`,
    options,
    async (t) => {
      const lab = await labOf(major, t);
      const { helm } = lab;
      const wait = ['--wait', '--timeout', '60s'];

      const installed = await ok(helm('install', 'web', CHART, ...wait));
      assert.match(installed, /STATUS: deployed\nREVISION: 1\n[^]*web says hello\.\n$/);
      assert.deepEqual(await page(lab), { text: 'hello', note: 'hello', replicas: 1, ready: 1 });

      const tested = await ok(helm('test', 'web', '--logs'));
      assert.match(tested, /Phase: +Succeeded\n/);
      assert.match(tested, /POD LOGS: web-test\nhello\n/);

      await ok(helm('upgrade', 'web', CHART, '--set', 'text=again,replicas=2', ...wait));
      assert.deepEqual(await page(lab), { text: 'again', note: 'again', replicas: 2, ready: 2 });

      await ok(helm('rollback', 'web', '1', ...wait));
      assert.deepEqual(await page(lab), { text: 'hello', note: 'hello', replicas: 1, ready: 1 });

      const history = JSON.parse(await ok(helm('history', 'web', '-o', 'json'))) as Revision[];
      assert.deepEqual(
        history.map(({ revision, status, description }) => `${revision} ${status}: ${description}`),
        [
          '1 superseded: Install complete',
          '2 superseded: Upgrade complete',
          '3 deployed: Rollback to 1',
        ],
      );
      const list = JSON.parse(await ok(helm('list', '-o', 'json'))) as Release[];
      assert.deepEqual(
        list.map(({ name, revision, status }) => ({ name, revision, status })),
        [{ name: 'web', revision: '3', status: 'deployed' }],
      );
      assert.match(await ok(helm('status', 'web')), /STATUS: deployed\nREVISION: 3\n/);

      await ok(helm('uninstall', 'web', ...wait));
      assert.deepEqual(await page(lab), GONE);
      assert.equal(await ok(helm('list', '-q')), '');
    },
  );

  test(
    `helm ${major} fails an upgrade that never gets ready, and goes back`,
    options,
    async (t) => {
      const lab = await labOf(major, t);
      const { helm } = lab;
      await ok(helm('install', 'web', CHART, '--set', 'hook=false', '--wait', '--timeout', '60s'));
      const image = 'nginx:no-such-tag';
      const values = `hook=false,image=${image}`;
      const brief = ['--wait', '--timeout', '3s'];
      const failed = await helm('upgrade', 'web', CHART, '--set', values, ...brief);
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /UPGRADE FAILED: [^]*context deadline exceeded/);
      assert.match(await ok(helm('status', 'web')), /STATUS: failed\nREVISION: 2\n/);
      await ok(helm('rollback', 'web', '--wait', '--timeout', '60s'));
      assert.deepEqual(await page(lab), { text: 'hello', note: 'hello', replicas: 1, ready: 1 });
    },
  );

  test(
    `helm ${major} refuses what the cluster refuses, and leaves what is not its own`,
    options,
    async (t) => {
      const { helm, cluster } = await labOf(major, t);
      const invalid = await helm('install', 'web', CHART, '--set', 'replicas=-1,hook=false');
      assert.equal(invalid.code, 1);
      assert.match(
        invalid.stderr,
        /Deployment(?:\.apps)? "web" is invalid: spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
      );
      await ok(helm('uninstall', 'web'));
      await cluster.post('/api/v1/namespaces/default/configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web-page' },
      });
      const taken = await helm('install', 'web', CHART, '--set', 'hook=false');
      assert.equal(taken.code, 1);
      assert.match(
        taken.stderr,
        /ConfigMap "web-page" in namespace "default" exists and cannot be imported/,
      );
    },
  );
}
