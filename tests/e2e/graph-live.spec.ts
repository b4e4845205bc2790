// The graph over a real chain: a cluster with Istio, Prometheus and Kiali, the lab's server, a page. And the whole Kiali behind it.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { shellEnvironment } from '../../server/workspace/environment.ts';
import { Product } from '../support/product.ts';
import { expect, test } from './pages.ts';

/** A page of the course with a graph of the namespace `default`. */
const LESSON = '/module-2/who-calls-whom/';
/** What a fresh cluster needs to install a mesh and start a company, on a busy machine. */
const SETTING_MS = 120_000;

// One company for both.
test.describe.configure({ mode: 'serial' });

let product: Product;
test.beforeAll(async () => {
  test.setTimeout(SETTING_MS);
  product = await Product.start();
  run('01-foundation', 'make kind-up && make istio-sidecar && make kiali');
  run(
    '02-service-mesh-value-proposition',
    'kubectl label namespace default istio-injection=enabled',
    'kubectl apply -f backend.yaml -f frontend.yaml',
    'kubectl create deployment database --image=postgres:17',
    'kubectl set env deployment/database POSTGRES_PASSWORD=secret',
    'kubectl expose deployment database --port=5432',
    'kubectl rollout status deployment/frontend deployment/backend --timeout=60s',
    'kubectl run caller --image=curlimages/curl:8.11.1 --command -- sleep 3600',
    'kubectl wait --for=condition=Ready pod/caller --timeout=60s',
  );
});
test.afterAll(() => product.stop());

/** As a learner's shell would, in one of their labs. */
function run(lab: string, ...commands: string[]): void {
  const { directory, kubeconfig, controlSocket } = product.workspace;
  const place = { directory, kubeconfig, controlSocket, root: process.cwd() };
  const env = shellEnvironment(
    { ...place, node: process.execPath, engine: 'embedded' },
    process.env,
  );
  const cwd = join(directory, 'labs', lab);
  const options = { cwd, env, encoding: 'utf8', timeout: SETTING_MS } as const;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', commands.join(' && ')], options);
  expect(status, stdout + stderr).toBe(0);
}

async function open(page: Page): Promise<void> {
  await page.goto(product.link);
  await expect(page.locator('html')).toHaveAttribute('data-lab', '');
  await page.goto(product.origin + LESSON);
  await page.locator('mesh-graph').scrollIntoViewIfNeeded();
}

const call = (page: Page, from: string, to: string) =>
  page.locator(`mesh-graph g.call[data-id="default/${from} default/${to} http"]`);

test('traffic appears on the page by itself', async ({ page }) => {
  await open(page);
  await expect(page.locator('mesh-graph g.node').first()).toBeVisible({ timeout: 15_000 });
  await expect(call(page, 'caller', 'frontend')).toHaveCount(0);
  run(
    '01-foundation',
    `kubectl exec caller -- sh -c 'for i in $(seq 1 10); do curl -s -o /dev/null http://frontend; sleep 0.1; done'`,
  );
  await expect(call(page, 'caller', 'frontend')).toBeVisible({ timeout: 15_000 });
  await expect(call(page, 'frontend', 'backend').locator('.lock')).toBeVisible();
  await expect(call(page, 'frontend', 'backend')).toHaveClass('call ok');
  await expect(page.locator('mesh-graph g.node[data-id="default/backend"] .sub')).toHaveText(
    '3 pods, v1',
  );
});

test('the whole Kiali opens at a host of its own, and only from the course', async ({
  page,
  context,
}) => {
  await open(page);
  const opened = context.waitForEvent('page');
  await page.getByRole('button', { name: 'Open Kiali' }).click();
  const kiali = await opened;
  await kiali.waitForURL(/^http:\/\/kiali-[0-9a-f]+\.localhost:\d+\/kiali\//);
  await expect(kiali.locator('body')).toContainText('Kiali');
  // Another browser has no way in, even with the address.
  const address = kiali.url();
  const stranger = await context.browser()?.newContext();
  const elsewhere = await stranger?.newPage();
  const answer = await elsewhere?.goto(address);
  expect(answer?.status()).toBe(401);
  await stranger?.close();
});
