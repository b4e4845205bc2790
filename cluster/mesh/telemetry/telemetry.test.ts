// Telemetry objects: what they change about logs and metrics of a proxy.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TelemetrySpec } from '../resources.ts';
import { type MeshDraft, rule, shopMesh } from '../testing/mesh-lab.ts';
import { type ProxiedLab, proxiedLab } from '../testing/proxied-lab.ts';

const told = (...specs: TelemetrySpec[]): MeshDraft => ({
  ...shopMesh,
  mesh: { accessLogFile: '/dev/stdout' },
  telemetries: specs.map((spec, index) => rule('Telemetry', `t${index}`, spec)),
});
const envoy = { providers: [{ name: 'envoy' }] };

async function asked(draft: MeshDraft, ...paths: string[]): Promise<ProxiedLab> {
  const lab = await proxiedLab(draft);
  for (const path of paths) await lab.during(lab.ask('client', `http://shop${path}`));
  assert.deepEqual(lab.faults, []);
  return lab;
}

const served = (lab: ProxiedLab) =>
  ['shop-v1', 'shop-v2'].flatMap((name) => lab.logs.get(name) ?? []);
const counted = (lab: ProxiedLab) =>
  ['shop-v1', 'shop-v2'].map((name) => lab.metrics.get(name)?.text() ?? '').join('');

describe('access logs', () => {
  test('a filter keeps the lines its expression holds for', async () => {
    const expression = "response.code >= 200 && request.url_path == '/kept'";
    const lab = await asked(
      told({ accessLogging: [{ ...envoy, filter: { expression } }] }),
      '/kept?x=1',
      '/left',
    );
    assert.equal(lab.logs.get('client')?.length, 1);
    assert.match(served(lab).join(''), /GET \/kept\?x=1/);
    assert.equal(served(lab).length, 1);
  });

  test('an expression that cannot be worked out keeps nothing', async () => {
    const expression = "request.headers['x-none'] == 'a'";
    const lab = await asked(told({ accessLogging: [{ ...envoy, filter: { expression } }] }), '/');
    assert.equal(lab.logs.get('client')?.length, 0);
  });

  test('one side alone may be switched off, and a workload’s object beats its namespace’s', async () => {
    const lab = await asked(
      told(
        { accessLogging: [{ ...envoy, match: { mode: 'SERVER' }, disabled: true }] },
        {
          selector: { matchLabels: { app: 'client' } },
          accessLogging: [{ ...envoy, disabled: true }],
        },
      ),
      '/',
    );
    assert.deepEqual([lab.logs.get('client')?.length, served(lab).length], [0, 0]);
  });

  test('where an object speaks of callers only, servers keep the mesh’s own file', async () => {
    const lab = await asked(
      told({ accessLogging: [{ ...envoy, match: { mode: 'CLIENT' }, disabled: true }] }),
      '/',
    );
    assert.deepEqual([lab.logs.get('client')?.length, served(lab).length], [0, 1]);
  });
});

describe('providers', () => {
  const logsOf = async (mesh: MeshDraft['mesh'], ...specs: TelemetrySpec[]) => {
    const lab = await asked({ ...told(...specs), mesh: mesh ?? {} }, '/');
    return lab.logs.get('client')?.length;
  };

  test('a bare disabled means the default provider, and the mesh’s file is none', async () => {
    const disabled: TelemetrySpec = { accessLogging: [{ disabled: true }] };
    assert.equal(await logsOf({ accessLogFile: '/dev/stdout' }, disabled), 1);
    assert.equal(await logsOf({ accessLogProviders: ['envoy'] }, disabled), 0);
    assert.equal(await logsOf({ accessLogProviders: ['envoy'] }), 1);
  });

  test('who asks for another provider takes the place of the wider object’s', async () => {
    const workload = { selector: { matchLabels: { app: 'client' } } };
    const other: TelemetrySpec = {
      ...workload,
      accessLogging: [{ providers: [{ name: 'collector' }] }],
    };
    assert.equal(await logsOf({}, { accessLogging: [envoy] }, other), 0);
    const bare: TelemetrySpec = { ...workload, accessLogging: [{ disabled: true }] };
    assert.equal(await logsOf({}, { accessLogging: [envoy] }, bare), 0);
  });
});

describe('metrics', () => {
  test('tags go, come and change, and a metric is switched off for one side', async () => {
    const lab = await asked(
      told({
        metrics: [
          {
            overrides: [
              {
                match: { metric: 'REQUEST_COUNT' },
                tagOverrides: {
                  source_principal: { operation: 'REMOVE' },
                  kind: { value: "'test'" },
                  response_code: { value: "response.code >= 200 ? '2xx' : 'other'" },
                },
              },
              { match: { metric: 'REQUEST_DURATION', mode: 'CLIENT' }, disabled: true },
            ],
          },
        ],
      }),
      '/',
    );
    const source = lab.metrics.get('client')?.text() ?? '';
    const line = source.split('\n').find((each) => each.startsWith('istio_requests_total'));
    assert.match(line ?? '', /kind="test",response_code="2xx"\} 1$/);
    assert.doesNotMatch(line ?? '', /source_principal/);
    assert.doesNotMatch(source, /istio_request_duration_milliseconds/);
    assert.match(source, /istio_request_bytes_count\{[^}]*source_principal="spiffe/);
    assert.match(counted(lab), /istio_request_duration_milliseconds_count/);
  });

  test('all of them may be switched off at once', async () => {
    const lab = await asked(told({ metrics: [{ overrides: [{ disabled: true }] }] }), '/');
    assert.equal(lab.metrics.get('client')?.text() ?? '', '');
  });
});
