import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { made } from '../../scripts/products.ts';
import { said } from '../testing/said.ts';

before(() => made('schemas'));

const validate = (input: string) => said(['validate', '-f', '-'], { input });

const weights = (first: number, second: number) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: bad}
spec:
  hosts: [backend]
  http:
  - route:
    - {destination: {host: backend, subset: v1}, weight: ${first}}
    - {destination: {host: backend, subset: v2}, weight: ${second}}
`;

test('weights need not add up to a hundred', async () => {
  assert.deepEqual(await validate(weights(90, 20)), {
    exit: 0,
    out: '',
    err: 'validation succeed\n',
  });
});

test('each error names the object that has it', async () => {
  assert.deepEqual(await validate(weights(0, 0)), {
    exit: 1,
    out: '',
    err: 'Error: 1 error occurred:\n\t* VirtualService//bad: total destination weight = 0\n\n\n',
  });
});

test('an unknown field is found by where it stands', async () => {
  const { exit, err } = await validate(weights(1, 1).replace('hosts:', 'hots:'));
  assert.equal(exit, 1);
  assert.match(
    err,
    /\* VirtualService\/\/bad: cannot parse proto message: proto: \(line 1:\d+\): unknown field "hots"$/m,
  );
});

test('a value of another type is refused', async () => {
  const { err } = await validate(weights(1, 1).replace('hosts: [backend]', 'hosts: backend'));
  assert.match(
    err,
    /cannot parse proto message: proto: syntax error \(line 1:\d+\): unexpected token "backend"$/m,
  );
});

test('warnings are listed and fail nothing', async () => {
  const { exit, err } = await validate(
    'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cb}\nspec: {host: backend, trafficPolicy: {outlierDetection: {consecutiveErrors: 3}}}\n',
  );
  assert.equal(exit, 0);
  assert.match(
    err,
    /^\n\t\* DestinationRule\/\/cb: outlier detection consecutive errors is deprecated/,
  );
});

test('Services without port names and Deployments without labels are named', async () => {
  const { exit, err } = await validate(
    'apiVersion: v1\nkind: Service\nmetadata: {name: backend, namespace: default}\nspec: {ports: [{port: 80}]}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: backend}\nspec: {template: {metadata: {labels: {app: backend}}}}\n',
  );
  assert.equal(exit, 1);
  assert.match(
    err,
    /^deployment "backend\/\/:" may not provide Istio metrics and telemetry labels: map\["app":"backend"\]\. See /,
  );
  assert.match(
    err,
    /\* Service\/default\/backend: service "backend\/default\/:" has an unnamed port\./,
  );
});

test('without a file it says what to write, and a file that is missing is named', async () => {
  assert.match(
    (await said(['validate'])).err,
    /^Error: error: you must specify resources by --filename\.$/m,
  );
  assert.match(
    (await said(['validate', '-f', '/nonexistent/x.yaml'])).err,
    /cannot stat file "\/nonexistent\/x\.yaml": stat \/nonexistent\/x\.yaml: no such file or directory/,
  );
});
