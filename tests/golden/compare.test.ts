import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MadeNames, firstDifference, mask, sameRollout } from './compare.ts';

const same = (recorded: string, ours: string) =>
  assert.equal(firstDifference(recorded, ours), undefined);
const differs = (recorded: string, ours: string) =>
  assert.notEqual(firstDifference(recorded, ours), undefined);

test('two listings that differ by chance, time and width are the same', () => {
  same(
    `NAME                        READY   STATUS    RESTARTS   AGE   IP           NODE                NOMINATED NODE
backend-5c988f776f-4q4pk    1/1     Running   0          5s    10.244.0.3   lab-control-plane   <none>
`,
    `NAME                       READY   STATUS    RESTARTS   AGE    IP            NODE                     NOMINATED NODE
backend-9d8f7b6c5-wxz24    1/1     Running   0          1m2s   10.244.0.12   mesh-lab-control-plane   <none>
`,
  );
});

test('another status is another listing', () => {
  differs(
    'backend-5c988f776f-4q4pk  1/1  Running  0  5s\n',
    'backend-5c988f776f-4q4pk  0/1  Pending  0  5s\n',
  );
});

test('another number of restarts, replicas or ports is a difference', () => {
  differs('web  3/3  3  3  5s', 'web  2/3  3  3  5s');
  differs(
    'frontend  ClusterIP  10.96.1.2  <none>  80/TCP  5s',
    'frontend  ClusterIP  10.96.1.2  <none>  8080/TCP  5s',
  );
});

test('a missing line is a difference', () => differs('one\ntwo\n', 'one\n'));

test('a fixed address is not chance', () =>
  differs('kubernetes  ClusterIP  10.96.0.1', 'kubernetes  ClusterIP  10.96.7.1'));

test('indentation of YAML counts', () => differs('spec:\n  host: a\n', 'spec:\n    host: a\n'));

test('an age that is no age is a difference', () => differs('web  5s', 'web  <unknown>'));

test('names of people are left alone', () => {
  assert.equal(
    mask('deployment.apps/load-generator created'),
    'deployment.apps/load-generator created',
  );
});

test('a name made in one step is translated in the next', () => {
  const names = new MadeNames();
  names.learn('frontend-d9bf7f69-rn4lt', 'frontend-75ffd667c6-ggx94');
  assert.equal(
    names.translate('kubectl describe pod frontend-d9bf7f69-rn4lt'),
    'kubectl describe pod frontend-75ffd667c6-ggx94',
  );
});

test('the recording’s node is ours, in commands too', () => {
  assert.equal(
    new MadeNames().translate('kubectl cordon lab-control-plane'),
    'kubectl cordon mesh-lab-control-plane',
  );
});

test('client logs differ by time and process', () => {
  same(
    'E1122 10:56:44.331919   30293 memcache.go:265] refused',
    'E1129 07:11:47.301796       7 memcache.go:265] refused',
  );
  differs(
    'E1122 10:56:44.331919   30293 memcache.go:265] a',
    'W1122 10:56:44.331919 1 memcache.go:265] a',
  );
});

test('a node port is chance, a port is not', () => {
  same('lb  <pending>  80:30152/TCP', 'lb  <pending>  80:31999/TCP');
  differs('lb  <pending>  80:30152/TCP', 'lb  <pending>  81:30152/TCP');
});

test('a rollout may be joined later, and told more slowly', () => {
  const recorded = '0 out of 2\n1 out of 2\n1 out of 2\n1 old\nrolled out\n';
  assert.ok(sameRollout(recorded, '1 out of 2\n1 old\n1 old\nrolled out\n'));
  assert.ok(!sameRollout(recorded, '0 out of 2\n1 old\nrolled out\n'));
  assert.ok(!sameRollout(recorded, '1 out of 2\n1 old\n'));
});
