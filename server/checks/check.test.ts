import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CheckSpec } from '../../protocol/check.ts';
import { Check } from './check.ts';

function check(parts: Partial<CheckSpec>): Check {
  return new Check({
    check: 'test',
    title: 'A test',
    watch: {
      backend: { object: 'Deployment', name: 'backend' },
      pods: { objects: 'Pod' },
      lines: { log: 'load-generator' },
      settings: { file: 'report.md' },
      calls: { promql: 'sum(rate(istio_requests_total[1m]))' },
    },
    rules: [],
    mistakes: [],
    ...parts,
  });
}

const deployment = (replicas: number, available: number) => ({
  metadata: { name: 'backend', generation: 1 },
  spec: { replicas },
  status: {
    observedGeneration: 1,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: available,
  },
});
const pod = (name: string, ready: boolean) => ({
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

describe('a check', () => {
  const subject = check({
    rules: [
      {
        expect: 'backend != null',
        say: 'There is no Deployment called backend.',
        hint: 'Create it.',
      },
      {
        expect: 'rolled(backend)',
        say: '{{ available(backend) }} of {{ wanted(backend) }} pods are available.',
      },
    ],
    seen: '{{ available(backend) }} pods.',
  });

  test('waits with the words and the hint of the first rule that fails', () => {
    assert.deepEqual(subject.decide({ backend: null, pods: [], lines: [] }).verdict, {
      state: 'waiting',
      because: 'There is no Deployment called backend.',
      hint: 'Create it.',
    });
  });

  test('fills numbers of the cluster into its words', () => {
    assert.deepEqual(subject.decide({ backend: deployment(3, 1), pods: [], lines: [] }).verdict, {
      state: 'waiting',
      because: '1 of 3 pods are available.',
    });
  });

  test('passes with what was seen when every rule holds', () => {
    assert.deepEqual(subject.decide({ backend: deployment(3, 3), pods: [], lines: [] }).verdict, {
      state: 'passed',
      seen: '3 pods.',
    });
  });
});

describe('absence', () => {
  for (const expect of [
    "backend.spec.template.spec.containers.exists(c, c.name == 'x')",
    "pods[3].metadata.name == 'x'",
    "backend.metadata.labels['app'] == 'backend'",
  ]) {
    test(`is a rule that does not hold yet: ${expect}`, () => {
      const { verdict } = check({ rules: [{ expect, say: 'Not yet.' }] }).decide({
        backend: null,
        pods: [],
        lines: [],
      });
      assert.deepEqual(verdict, { state: 'waiting', because: 'Not yet.' });
    });
  }

  test('inside a sentence leaves an ellipsis and the rest of the words', () => {
    const subject = check({
      rules: [{ expect: 'backend != null', say: 'Found {{ backend.metadata.name }} only.' }],
    });
    assert.deepEqual(subject.decide({ backend: null, pods: [], lines: [] }).verdict, {
      state: 'waiting',
      because: 'Found … only.',
    });
  });
});

test('a rule that cannot be evaluated is broken, never waiting', () => {
  const { verdict } = check({
    rules: [{ expect: 'backend.metadata.name + 1 == 2', say: 'no' }],
  }).decide({
    backend: deployment(1, 1),
    pods: [],
    lines: [],
  });
  assert.equal(verdict.state, 'broken');
});

test('integers of the API count as integers', () => {
  const subject = check({ rules: [{ expect: 'backend.spec.replicas + 1 == 4', say: 'no' }] });
  assert.equal(
    subject.decide({ backend: deployment(3, 3), pods: [], lines: [] }).verdict.state,
    'passed',
  );
});

test('a wrong condition is refused when the check is made, with its place', () => {
  assert.throws(() => check({ rules: [{ expect: 'size(pods', say: 'x' }] }), /RPAREN/);
  assert.throws(() => check({ rules: [{ expect: 'redy(backend)', say: 'x' }] }), /redy/);
  assert.throws(() => check({ rules: [{ expect: 'frontend != null', say: 'x' }] }), /frontend/);
  assert.throws(() => check({ rules: [{ expect: 'true', say: '{{ nope }}' }] }), /nope/);
});

describe('a check of history', () => {
  const subject = check({
    mode: 'history',
    rules: [
      { expect: "lines.exists(l, l.contains('Address'))", say: 'Nothing looked up.' },
      {
        expect: "lines.filter(l, l.contains('Time:')).size() >= 2",
        say: '{{ size(lines) }} lines.',
      },
      { expect: 'backend == null', say: 'Still there.' },
    ],
  });

  test('keeps what it has seen when the world has moved on', () => {
    const first = subject.decide({
      backend: deployment(1, 1),
      pods: [],
      lines: ['Address: 10.96.0.7'],
    });
    assert.equal(first.progress, 1);
    const second = subject.decide(
      { backend: deployment(1, 1), pods: [], lines: ['Time: 0.1', 'Time: 0.2'] },
      first.progress,
    );
    assert.deepEqual(second, {
      verdict: { state: 'waiting', because: 'Still there.' },
      speaker: 2,
      progress: 2,
    });
    const third = subject.decide({ backend: null, pods: [], lines: [] }, second.progress);
    assert.equal(third.verdict.state, 'passed');
  });

  test('does not count a later rule before the earlier ones', () => {
    assert.equal(subject.decide({ backend: null, pods: [], lines: [] }).progress, 0);
  });
});

describe('predicates', () => {
  const holds = (expect: string, inputs: Record<string, unknown>) =>
    check({ rules: [{ expect, say: 'no' }] }).decide({
      backend: null,
      pods: [],
      lines: [],
      ...inputs,
    }).verdict.state === 'passed';

  test('ready is the Ready condition', () => {
    assert.ok(
      holds('ready(pods[0]) && !ready(pods[1])', { pods: [pod('a', true), pod('b', false)] }),
    );
  });

  test('rolled needs the spec observed, every copy new and available', () => {
    assert.ok(holds('rolled(backend)', { backend: deployment(2, 2) }));
    assert.ok(!holds('rolled(backend)', { backend: deployment(2, 1) }));
    const unobserved = { ...deployment(2, 2), metadata: { name: 'backend', generation: 2 } };
    assert.ok(!holds('rolled(backend)', { backend: unobserved }));
    assert.ok(!holds('rolled(backend)', { backend: null }));
    const oldLeft = deployment(2, 2);
    assert.ok(
      !holds('rolled(backend)', {
        backend: { ...oldLeft, status: { ...oldLeft.status, replicas: 3 } },
      }),
    );
  });

  test('live leaves out what is being deleted', () => {
    const going = { metadata: { name: 'b', deletionTimestamp: '2026-11-22T10:00:00Z' } };
    assert.ok(holds('size(live(pods)) == 1', { pods: [pod('a', true), going] }));
  });

  test('readyEndpoints counts the ready addresses of one Service', () => {
    const slice = (service: string, endpoints: unknown[]) => ({
      metadata: { name: `${service}-x`, labels: { 'kubernetes.io/service-name': service } },
      endpoints,
    });
    const pods = [
      slice('backend', [
        { addresses: ['10.244.0.5'], conditions: { ready: true } },
        { addresses: ['10.244.0.6'], conditions: { ready: false } },
        { addresses: ['10.244.0.7'], conditions: {} },
      ]),
      slice('frontend', [{ addresses: ['10.244.0.8'], conditions: { ready: true } }]),
    ];
    assert.ok(
      holds("readyEndpoints(pods, 'backend') == 2 && readyEndpoints(pods, 'none') == 0", { pods }),
    );
  });

  test('total adds up what Prometheus answers, and is 0 where it answers nothing', () => {
    const calls = [
      { metric: { version: 'v1' }, value: 90 },
      { metric: { version: 'v2' }, value: 10.5 },
    ];
    assert.ok(holds('total(calls) == 100.5 && total(calls) > 100', { calls }));
    assert.ok(holds("total(calls.filter(c, c.metric.version == 'v1')) >= 90.0", { calls }));
    assert.ok(holds('total(calls) == 0.0', { calls: [] }));
    assert.ok(holds('total(calls) == 0.0 && calls == null', { calls: null }));
  });

  test('total adds up the figures of a report, too, and a missing figure equals nothing', () => {
    const report = '- One: 2 × $3 = $6\n- Two = $4.5\nTotal: $10.5';
    assert.ok(
      holds("figure(settings, 'Total') == total(figures(settings, '= $'))", { settings: report }),
    );
    assert.ok(!holds("figure(settings, 'Sum') == figure(settings, 'Sum')", { settings: report }));
    assert.ok(!holds("figure(settings, 'Total') > 0.0", { settings: null }));
  });

  test('the value of a sample is a double even when it is whole', () => {
    const calls = [{ metric: {}, value: 3 }];
    assert.ok(holds('calls[0].value / 2.0 == 1.5', { calls }));
  });

  test('injected is a ready istio-proxy, native or classic, and not any second container', () => {
    const native = {
      spec: {
        initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }],
        containers: [{ name: 'app' }],
      },
      status: { initContainerStatuses: [{ name: 'istio-proxy', ready: true }] },
    };
    const notReady = {
      ...native,
      status: { initContainerStatuses: [{ name: 'istio-proxy', ready: false }] },
    };
    const classic = {
      spec: { containers: [{ name: 'app' }, { name: 'istio-proxy' }] },
      status: { containerStatuses: [{ name: 'istio-proxy', ready: true }] },
    };
    const other = {
      spec: { containers: [{ name: 'app' }, { name: 'proxy' }] },
      status: { containerStatuses: [{ name: 'proxy', ready: true }] },
    };
    assert.ok(
      holds('injected(pods[0]) && !injected(pods[1]) && injected(pods[2]) && !injected(pods[3])', {
        pods: [native, notReady, classic, other],
      }),
    );
  });
});
