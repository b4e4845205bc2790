// Judges the API by plain HTTP recorded from a real API server, where the recordings are: MESHPROOF_GOLDEN names their folder.
// Without it there is nothing to judge by, and the test says so. MESHPROOF_GOLDEN_SHOW=1 prints every difference.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { textOf } from '../streams.ts';
import { type TestCluster, testCluster, until } from './testing/cluster.ts';
import { differences } from './testing/golden-compare.ts';
import { endlessImages } from './testing/images.ts';

const golden = process.env['MESHPROOF_GOLDEN'];
const judged = golden !== undefined && existsSync(join(golden, 'raw'));
const skip = judged ? false : 'not judged here: MESHPROOF_GOLDEN names no folder';
const show = process.env['MESHPROOF_GOLDEN_SHOW'] === '1';
const only = process.env['MESHPROOF_GOLDEN_ONLY'];

interface Step {
  file: string;
  method: string;
  url: string;
  requestHeaders: Record<string, string>;
  requestBody?: unknown;
  status: number;
  responseHeaders: [string, string][];
  responseBody?: unknown;
  responseBodyText?: string;
  stream?: { ms: number; event: { type: string; object: unknown } }[];
}

/** Why a step says nothing about the API, or cannot be repeated here. */
const NOT_JUDGED: Readonly<Record<string, string>> = {
  '005': 'lists paths of hooks and metrics; judged by set below',
  '020': "upstream's prose: judged by the schema room",
  '021': "upstream's prose: judged by the schema room",
  '022': "upstream's prose: judged by the schema room",
  '026': "upstream's prose: judged by the schema room",
  '109': 'the note says 401, the certificate still authenticated',
  '145': 'tells the whole history of the recording',
  '149': 'paced by KWOK',
  '150': 'paced by KWOK',
  '151': 'takes 70 seconds to say nothing',
};

function read(section: string): Step[] {
  const folder = join(golden ?? '', section);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ ...(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Step), file }));
}

function headersOf(step: Step): Record<string, string> {
  return Object.fromEntries(
    Object.entries(step.requestHeaders).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** The recording's node and user agent are not ours. */
function oursOf(url: string): string {
  return url.replaceAll('/nodes/lab-control-plane', '/nodes/mesh-lab-control-plane');
}

/** What the cluster held when the raw requests began: custom kinds and what the sections before had left. */
async function prepare(given: TestCluster): Promise<void> {
  const crds = readFileSync(join(golden ?? '', 'istio-crds-1.30.3.yaml'), 'utf8');
  for (const document of parseAllDocuments(crds)) {
    const crd: unknown = document.toJS();
    if (crd) await apply(given, crd);
  }
  await until('custom kinds', async () => {
    const { status } = await given.ask('GET', '/apis/networking.istio.io/v1/virtualservices');
    return status === 200;
  });
  for (const file of ['001-apply-all.json', '002-apply-vs-dr.json']) {
    const step = JSON.parse(readFileSync(join(golden ?? '', 'extras', file), 'utf8')) as {
      stdin: string;
    };
    for (const document of parseAllDocuments(step.stdin)) {
      const object: unknown = document.toJS();
      if (object) await apply(given, object);
    }
  }
  await until('two pods', async () => {
    const { body } = await given.ask('GET', '/apis/apps/v1/namespaces/default/deployments/web');
    return body.status.readyReplicas === 2;
  });
}

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  CustomResourceDefinition: 'customresourcedefinitions',
  Deployment: 'deployments',
  DestinationRule: 'destinationrules',
  Secret: 'secrets',
  Service: 'services',
  VirtualService: 'virtualservices',
};

async function apply(given: TestCluster, object: unknown): Promise<void> {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = kind === 'CustomResourceDefinition' ? '' : '/namespaces/default';
  const answer = await given.ask('POST', `${group}${place}/${PLURALS[kind]}`, object, {
    headers: { 'user-agent': 'kubectl-client-side-apply/1' },
  });
  assert.equal(answer.status, 201, `${kind}: ${answer.text}`);
}

test('raw requests are answered as a real API server answers them', { skip }, async (t) => {
  const given = await testCluster({ images: endlessImages });
  t.after(() => given.stop());
  await prepare(given);
  const missed: string[] = [];
  let same = 0;
  for (const step of read('raw')) {
    const number = step.file.slice(0, 3);
    if (only !== undefined && !only.split(',').includes(number)) {
      if (step.method === 'GET') continue;
    }
    const found = step.stream ? await watched(given, step) : await asked(given, step);
    if (NOT_JUDGED[number] !== undefined) continue;
    if (found.length === 0) same++;
    else {
      missed.push(step.file);
      if (show) console.log(`\n${step.file} ${step.method} ${step.url}\n  ${found.join('\n  ')}`);
    }
  }
  console.log(`raw: ${same} identical, ${missed.length} different: ${missed.join(' ')}`);
  assert.deepEqual(given.logged, []);
});

async function asked(given: TestCluster, step: Step): Promise<string[]> {
  const { method, requestBody } = step;
  const body =
    requestBody === undefined
      ? undefined
      : typeof requestBody === 'string'
        ? requestBody
        : JSON.stringify(requestBody);
  const answer = await given.ask(method, oursOf(step.url), body, { headers: headersOf(step) });
  const found: string[] = [];
  if (answer.status !== step.status)
    found.push(`status ${answer.status} instead of ${step.status}: ${answer.text.slice(0, 500)}`);
  for (const [name, value] of step.responseHeaders) {
    if (
      ![
        'Content-Type',
        'Cache-Control',
        'Warning',
        'Retry-After',
        'X-Content-Type-Options',
      ].includes(name)
    )
      continue;
    const ours = [answer.headers[name] ?? []].flat();
    if (!ours.includes(value)) found.push(`${name}: ${ours.join(' | ')} instead of ${value}`);
  }
  if (step.responseBody !== undefined && typeof step.responseBody === 'object')
    return [...found, ...differences(step.responseBody, answer.body ?? parsed(answer.text))];
  if ((step.responseBodyText ?? '') !== answer.text)
    found.push(...differences(step.responseBodyText ?? '', answer.text));
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // Not JSON: that is the difference.
  }
}

/** Opens a watch, makes the changes the recorder made meanwhile, and compares the events. */
async function watched(given: TestCluster, step: Step): Promise<string[]> {
  const list = await given.ask('GET', '/api/v1/namespaces/default/configmaps');
  const revision = list.body.metadata.resourceVersion as string;
  const url = oursOf(step.url).replace(
    /resourceVersion=(\d{3,7})(?!\d)/,
    `resourceVersion=${revision}`,
  );
  if (NOT_JUDGED[step.file.slice(0, 3)] !== undefined) return [];
  const response = await given.open('GET', url, undefined, { headers: headersOf(step) });
  const events: { type: string; object: unknown }[] = [];
  if (typeof response.body === 'string' || response.body instanceof Uint8Array)
    return [`no stream but ${String(response.body)}`];
  const changing = makeChanges(given, step);
  for await (const chunk of response.body)
    for (const line of textOf(chunk).split('\n'))
      if (line !== '') events.push(JSON.parse(line) as { type: string; object: unknown });
  await changing;
  const wanted = (step.stream ?? []).map(({ event }) => event);
  // The recorder's earlier changes were still in its server's history.
  const from = /140/.test(step.file) ? 3 : 0;
  return differences(wanted.slice(from), events);
}

async function makeChanges(given: TestCluster, step: Step): Promise<void> {
  const seen = JSON.stringify(step.stream);
  if (!seen.includes('"w1"')) return;
  const path = '/api/v1/namespaces/default/configmaps';
  const headers = { 'user-agent': 'golden-recorder/1' };
  const w1 = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'w1' }, data: { a: '1' } };
  await given.ask('POST', path, w1, { headers });
  await given.ask(
    'PATCH',
    `${path}/w1`,
    { data: { a: '2' } },
    {
      headers: { ...headers, 'content-type': 'application/merge-patch+json' },
    },
  );
  await given.ask('DELETE', `${path}/w1`, undefined, { headers });
}
