import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../fields.ts';
import { changed, created, definitionOf, problemsOf } from '../testing/objects.ts';

const deployments = definitionOf('apps', 'deployments');
const jobs = definitionOf('batch', 'jobs');
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
};
const body = { spec: { selector: { matchLabels: { app: 'web' } }, template } };
const specOf = (object: { [field: string]: unknown }) => object['spec'] as Fields;

test('a deployment is stored with every documented default, its template without those of pods', () => {
  const deployment = created(deployments, body);
  const { template: stored, ...rest } = specOf(deployment);
  assert.deepEqual(rest, {
    progressDeadlineSeconds: 600,
    replicas: 1,
    revisionHistoryLimit: 10,
    selector: { matchLabels: { app: 'web' } },
    strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' },
  });
  assert.deepEqual(stored, {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [
        {
          image: 'nginx',
          imagePullPolicy: 'Always',
          name: 'web',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    },
  });
  assert.deepEqual(deployment['status'], {});
});

test('what is wrong with a deployment is said in the real words and order', () => {
  assert.deepEqual(
    problemsOf(deployments, {
      spec: {
        ...body.spec,
        replicas: -1,
        template: { ...template, metadata: { labels: { app: 'other' } } },
      },
    }),
    [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
    ],
  );
  assert.deepEqual(problemsOf(deployments, { spec: { template } }), [
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ]);
  assert.deepEqual(
    problemsOf(deployments, {
      spec: {
        selector: {},
        template: { spec: { ...template.spec, restartPolicy: 'Never' } },
        strategy: { type: 'Blue' },
        minReadySeconds: 700,
      },
    }),
    [
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.strategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  );
  assert.deepEqual(
    problemsOf(deployments, {
      spec: { ...body.spec, strategy: { type: 'Recreate', rollingUpdate: {} } },
    }),
    [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
  );
  assert.deepEqual(
    problemsOf(deployments, {
      spec: { ...body.spec, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    }),
    [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
  );
});

test('a selector that selects nothing that makes sense is refused, and its template not looked at', () => {
  const selector = { matchExpressions: [{ key: 'app', operator: 'In' }] };
  assert.deepEqual(problemsOf(deployments, { spec: { ...body.spec, selector } }), [
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"In"}]}: invalid label selector',
  ]);
});

test('a selector is for life; spec and annotations count generations, labels and status do not', () => {
  const other = changed(deployments, body, (draft) => {
    specOf(draft)['selector'] = { matchLabels: { app: 'web', version: 'v1' } };
    draft.metadata.labels = { a: 'b' };
  });
  assert.equal(
    other.problems.at(-1),
    'spec.selector: Invalid value: {"matchLabels":{"app":"web","version":"v1"}}: field is immutable',
  );
  const scaled = changed(deployments, body, (draft) => {
    specOf(draft)['replicas'] = 3;
  });
  assert.equal(scaled.object.metadata.generation, 2);
  const annotated = changed(deployments, body, (draft) => {
    draft.metadata.annotations = { a: 'b' };
  });
  assert.equal(annotated.object.metadata.generation, 2);
  const labelled = changed(deployments, body, (draft) => {
    draft.metadata.labels = { a: 'b' };
    draft['status'] = { replicas: 9 };
  });
  assert.equal(labelled.object.metadata.generation, 1);
  assert.deepEqual(labelled.object['status'], {});
});

test('a status has counts that fit together, and cannot move labels or spec', () => {
  const status = changed(
    deployments,
    body,
    (draft) => {
      draft['status'] = { replicas: 1, readyReplicas: 2, availableReplicas: 3 };
      draft.metadata.labels = { a: 'b' };
      specOf(draft)['replicas'] = 9;
    },
    'status',
  );
  assert.equal(specOf(status.object)['replicas'], 1);
  assert.equal(status.object.metadata.labels, undefined);
  assert.deepEqual(status.problems, [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
  ]);
});

test('a job runs once, selects its pods by its own uid, and keeps its template', () => {
  const spec = {
    template: { spec: { containers: [{ name: 'a', image: 'busybox:1' }], restartPolicy: 'Never' } },
  };
  const job = created(jobs, { spec });
  const { template: stored, ...rest } = specOf(job);
  assert.deepEqual(rest, {
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    completions: 1,
    manualSelector: false,
    parallelism: 1,
    podReplacementPolicy: 'TerminatingOrFailed',
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-1' } },
    suspend: false,
  });
  assert.deepEqual((stored as Fields)['metadata'], {
    labels: {
      'batch.kubernetes.io/controller-uid': 'uid-1',
      'batch.kubernetes.io/job-name': 'web',
      'controller-uid': 'uid-1',
      'job-name': 'web',
    },
  });
  assert.deepEqual(problemsOf(jobs, { spec }), []);
  assert.deepEqual(
    problemsOf(jobs, {
      spec: {
        template: { spec: { containers: [{ name: 'a', image: 'busybox' }] } },
        backoffLimit: -1,
      },
    }),
    [
      'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
  );
  assert.deepEqual(
    problemsOf(jobs, {
      spec: { template: spec.template, selector: { matchLabels: { a: 'b' } } },
    })[0],
    'spec.selector: Invalid value: {"matchLabels":{"a":"b","batch.kubernetes.io/controller-uid":"uid-1"}}: `selector` not auto-generated',
  );
  const other = changed(jobs, { spec }, (draft) => {
    specOf(draft)['completionMode'] = 'Indexed';
  });
  assert.ok(
    other.problems.includes('spec.completionMode: Invalid value: "Indexed": field is immutable'),
  );
});

test('rarer controllers have their documented defaults too', () => {
  const daemonSet = created(definitionOf('apps', 'daemonsets'), body);
  assert.deepEqual(specOf(daemonSet)['updateStrategy'], {
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    type: 'RollingUpdate',
  });
  const statefulSet = created(definitionOf('apps', 'statefulsets'), body);
  assert.equal(specOf(statefulSet)['podManagementPolicy'], 'OrderedReady');
  const cronJob = created(definitionOf('batch', 'cronjobs'), {
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: { spec: { containers: [], restartPolicy: 'Never' } } } },
    },
  });
  assert.equal(specOf(cronJob)['concurrencyPolicy'], 'Allow');
  assert.equal(specOf(cronJob)['failedJobsHistoryLimit'], 1);
  const priorities = definitionOf('scheduling.k8s.io', 'priorityclasses');
  assert.equal(created(priorities, { value: 1 })['preemptionPolicy'], 'PreemptLowerPriority');
  assert.deepEqual(problemsOf(priorities, { value: 2_000_000_000 }), [
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ]);
});

test('an autoscaler is stored in v2 and shown in v1', () => {
  const autoscalers = definitionOf('autoscaling', 'horizontalpodautoscalers');
  const given = {
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      targetCPUUtilizationPercentage: 60,
    },
  };
  const stored = created(autoscalers, given, 'v1');
  assert.equal(stored.apiVersion, 'autoscaling/v2');
  assert.deepEqual(specOf(stored)['metrics'], [
    {
      resource: { name: 'cpu', target: { averageUtilization: 60, type: 'Utilization' } },
      type: 'Resource',
    },
  ]);
  assert.deepEqual(autoscalers.strategy.validateCreate(stored), []);
  const shown = autoscalers.fromStored(stored, 'v1');
  assert.deepEqual(shown['spec'], { ...given.spec, minReplicas: 1 });
});
