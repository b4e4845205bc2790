import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCluster, until } from '../api/testing/cluster.ts';
import { at, listOf } from '../schema/fields.ts';
import { defaultValidator, injectorConfiguration } from './installation/webhooks.ts';

const ADMISSION = '/apis/admissionregistration.k8s.io/v1';

/** What istiod needs to come up, and nothing else of an installation. */
const istiod = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'istiod', namespace: 'istio-system' },
  spec: {
    selector: { matchLabels: { app: 'istiod' } },
    template: {
      metadata: { labels: { app: 'istiod' } },
      spec: {
        containers: [
          {
            name: 'discovery',
            image: 'registry.istio.io/release/pilot:1.30.3',
            readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'istiod', namespace: 'istio-system' },
  spec: { selector: { app: 'istiod' }, ports: [{ name: 'https-webhook', port: 443 }] },
};

test('istiod fills in its certificate, and validation is strict once it answers', async () => {
  const cluster = await testCluster();
  try {
    const create = async (path: string, object: unknown) => {
      const { status, text } = await cluster.ask('POST', path, object);
      assert.equal(status, 201, text);
    };
    await create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'istio-system' },
    });
    await create('/api/v1/namespaces/istio-system/services', service);
    await create('/apis/apps/v1/namespaces/istio-system/deployments', istiod);
    const place = { namespace: 'istio-system', revision: '' };
    const injector = injectorConfiguration(place);
    await create(`${ADMISSION}/mutatingwebhookconfigurations`, injector);
    await create(
      `${ADMISSION}/validatingwebhookconfigurations`,
      defaultValidator('istio-system', ''),
    );
    const canary = defaultValidator('istio-system', 'canary');
    await create(`${ADMISSION}/validatingwebhookconfigurations`, {
      ...canary,
      metadata: { name: 'canary' },
    });
    const webhooks = async (path: string) => {
      const { body } = await cluster.ask('GET', `${ADMISSION}/${path}`);
      return listOf((body as { webhooks?: unknown }).webhooks);
    };
    await until('the validator is strict', async () => {
      const found = await webhooks('validatingwebhookconfigurations/istiod-default-validator');
      return found.every(({ failurePolicy }) => failurePolicy === 'Fail');
    });
    for (const webhook of await webhooks(`mutatingwebhookconfigurations/istio-sidecar-injector`))
      assert.match(String(at(webhook, 'clientConfig', 'caBundle')), /^[A-Za-z0-9+/]+=*$/);
    // Another revision's is another istiod's.
    const [other] = await webhooks('validatingwebhookconfigurations/canary');
    assert.equal(other?.['failurePolicy'], 'Ignore');
    assert.equal(at(other, 'clientConfig', 'caBundle'), undefined);
  } finally {
    cluster.stop();
  }
});
