import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { made } from '../../scripts/products.ts';
import { said } from '../testing/said.ts';

const directory = mkdtempSync(join(tmpdir(), 'analyze-'));
before(() => made('schemas'));
after(() => rmSync(directory, { recursive: true }));

const analyze = (words: readonly string[], input = '') =>
  said(['analyze', '--use-kube=false', ...words], { input });

const CANARY = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: backend
spec:
  hosts: [backend]
  http:
  - route:
    - destination: {host: backend}
`;
/** Says consecutiveErrors, which is deprecated: a warning. */
const OLD_RULE = `# what it was
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: backend}
spec: {host: backend, trafficPolicy: {outlierDetection: {consecutiveErrors: 3}}}
`;
const UNNAMED = `apiVersion: v1
kind: Service
metadata: {name: backend}
spec: {ports: [{port: 80}]}
`;

const WARNING =
  'Warning [IST0133] (DestinationRule default/backend -:2) Schema validation warning: outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead';

test('nothing found is said on stderr, with what was looked at', async () => {
  assert.deepEqual(await analyze(['-'], CANARY), {
    exit: 0,
    out: '\n',
    err: '✔ No validation issues found when analyzing -.\n',
  });
});

test('a finding tells the object and the line where it begins', async () => {
  assert.deepEqual(await analyze(['-'], OLD_RULE), { exit: 0, out: `${WARNING}\n`, err: '' });
});

test('findings as bad as the threshold fail it', async () => {
  const { exit, err } = await analyze(['--failure-threshold', 'warning', '-'], OLD_RULE);
  assert.equal(exit, 79);
  assert.equal(
    err,
    'Error: Analyzers found issues when analyzing namespace: default.\nSee https://istio.io/v1.30/docs/reference/config/analysis for more information about causes and resolutions.\n',
  );
  assert.equal((await analyze(['--failure-threshold', 'nope', '-'], OLD_RULE)).exit, 64);
});

test('findings below another threshold are not shown', async () => {
  const { out, err } = await analyze(['--output-threshold=Warning', '-'], UNNAMED);
  assert.equal(out, '\n');
  assert.match(err, /^✔ No validation issues/);
  assert.match(
    (await analyze(['-'], UNNAMED)).out,
    /^Info \[IST0118\] \(Service default\/backend -:1\)/,
  );
});

test('JSON tells where it was found and where it is explained, and fails nothing', async () => {
  const { exit, out } = await analyze(['-o', 'json', '--failure-threshold=Info', '-'], OLD_RULE);
  assert.equal(exit, 0);
  const [finding] = JSON.parse(out);
  assert.deepEqual(Object.keys(finding), [
    'code',
    'documentationUrl',
    'level',
    'message',
    'origin',
    'reference',
  ]);
  assert.equal(finding.reference, '-:2');
  assert.match(out, /^\[\n\t\{\n\t\t"code": "IST0133",/);
});

test('a message about one object can be suppressed', async () => {
  const { out } = await analyze(['-S', 'IST0133=DestinationRule *', '-'], OLD_RULE);
  assert.equal(out, '\n');
  assert.match(
    (await analyze(['-S', 'IST9999=Pod x', '-'], CANARY)).err,
    /^Warning: Supplied message code 'IST9999' is an unknown message code/,
  );
  assert.equal((await analyze(['-S', 'IST0133', '-'], CANARY)).exit, 1);
});

test('directories are read, other files are skipped', async () => {
  writeFileSync(join(directory, 'rule.yaml'), OLD_RULE);
  writeFileSync(join(directory, 'notes.md'), 'nothing');
  const { out, err } = await analyze([directory]);
  assert.ok(out.includes(`${directory}/rule.yaml:2)`));
  assert.match(
    err,
    /Skipping file .*notes\.md, recognized file extensions are: \[\.json \.yaml \.yml\]/,
  );
});

test('a file that cannot be read is said, and fails unless it may', async () => {
  const wrong = CANARY.replace('hosts:', 'hots:');
  const { exit, err } = await analyze(['-'], wrong);
  assert.equal(exit, 65);
  assert.match(err, /unknown field "hots"/);
  assert.match(err, /^Error: Some files couldn't be parsed\.$/m);
  assert.equal((await analyze(['--ignore-unknown', '-'], wrong)).exit, 0);
});

test('the analyzers can be listed', async () => {
  assert.match(
    (await analyze(['-L'])).out,
    /^\* virtualservice\.DestinationHostAnalyzer:\n {4}\S/m,
  );
});

test('JSON is escaped as Go escapes it', async () => {
  const service = UNNAMED.replace('{port: 80}', '{port: 80, name: "a&b"}');
  assert.match((await analyze(['-o', 'json', '-'], service)).out, /Port name a\\u0026b \(port/);
});
