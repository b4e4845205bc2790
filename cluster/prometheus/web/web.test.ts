import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prometheusLimits } from '../limits.ts';
import { parseConfiguration } from '../configuration/configuration.ts';
import { parseFlags } from '../flags.ts';
import { readAll, readerOf, textOf } from '../../streams.ts';
import type { HttpHeaders } from '../../network/http.ts';
import type { Connection } from '../../network/network.ts';
import type { ScrapeManager } from '../scrape/scrape-manager.ts';
import { storageOf } from '../testing/query-lab.ts';
import { serveWeb } from './server.ts';

const storage = storageOf({
  'hits_total{app="shop",code="200"}': '0+60x10',
  'hits_total{app="shop",code="500"}': '0+6x10',
  'up{job="pods"}': '1+0x10',
});

function asking(flags: string[] = []) {
  const handle = serveWeb({
    storage,
    limits: { ...prometheusLimits, querySamples: 1_000 },
    lookbackMs: 300_000,
    defaultStepMs: () => 60_000,
    now: () => 600_000,
    pause: () => Promise.resolve(),
    flags: parseFlags(flags),
    version: '3.10.0',
    manager: { loops: [], jobs: ['pods'], dropped: new Map() } as unknown as ScrapeManager,
    hostname: 'prometheus-0',
    startedAt: 0,
    configuration: () => parseConfiguration('global: { scrape_interval: 1s }'),
    lastReload: () => ({ at: 0, successful: true }),
    ready: () => true,
    reload: () => undefined,
    quit: () => {},
  });
  return async (method: string, target: string, form = '') => {
    const headers: HttpHeaders =
      form === '' ? [] : [['Content-Type', 'application/x-www-form-urlencoded']];
    const response = await handle(
      { method, target, version: '1.1', headers, body: readerOf(form) },
      undefined as unknown as Connection,
      () => Promise.resolve(),
    );
    const text = response ? textOf(await readAll(response.body)) : '';
    return {
      status: response?.status,
      text,
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
    };
  };
}

const ask = asking();

test('a query answers with a vector, by GET and by a form', async () => {
  const expected = {
    status: 'success',
    data: {
      resultType: 'vector',
      result: [{ metric: { __name__: 'up', job: 'pods' }, value: [600.5, '1'] }],
    },
  };
  assert.deepEqual((await ask('GET', '/api/v1/query?query=up&time=600.5')).json, expected);
  assert.deepEqual((await ask('POST', '/api/v1/query', 'query=up&time=600.5')).json, expected);
  const rfc = await ask('GET', '/api/v1/query?query=up&time=1970-01-01T00:10:00.5Z');
  assert.deepEqual(rfc.json, expected);
});

test('scalars, strings and range vectors have shapes of their own', async () => {
  const data = async (query: string) =>
    (await ask('GET', `/api/v1/query?time=60&query=${encodeURIComponent(query)}`)).json.data;
  assert.deepEqual(await data('1 + 1'), { resultType: 'scalar', result: [60, '2'] });
  assert.deepEqual(await data('"x"'), { resultType: 'string', result: [60, 'x'] });
  assert.deepEqual(await data('up[1m]'), {
    resultType: 'matrix',
    result: [{ metric: { __name__: 'up', job: 'pods' }, values: [[60, '1']] }],
  });
});

test('a range query answers with a matrix', async () => {
  const { json } = await ask(
    'GET',
    '/api/v1/query_range?query=sum(hits_total)&start=60&end=180&step=1m',
  );
  assert.deepEqual(json.data, {
    resultType: 'matrix',
    result: [
      {
        metric: {},
        values: [
          [60, '66'],
          [120, '132'],
          [180, '198'],
        ],
      },
    ],
  });
});

const refused: [target: string, status: number, type: string, error: string][] = [
  [
    'query?query=sum(',
    400,
    'bad_data',
    'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
  ],
  [
    'query',
    400,
    'bad_data',
    'invalid parameter "query": unknown position: parse error: no expression found in input',
  ],
  [
    'query?query=up&time=noon',
    400,
    'bad_data',
    'invalid parameter "time": cannot parse "noon" to a valid timestamp',
  ],
  [
    'query_range?query=up&start=0&end=60',
    400,
    'bad_data',
    'invalid parameter "step": cannot parse "" to a valid duration',
  ],
  [
    'query_range?query=up&start=60&end=0&step=1',
    400,
    'bad_data',
    'invalid parameter "end": end timestamp must not be before start time',
  ],
  [
    'query_range?query=up&start=0&end=60&step=0',
    400,
    'bad_data',
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    'query_range?query=up&start=0&end=11001&step=1',
    400,
    'bad_data',
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  ],
  [
    'query_range?query=up[1m]&start=0&end=60&step=1',
    400,
    'bad_data',
    'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  [
    'query?query=up*on()hits_total',
    422,
    'execution',
    'found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="hits_total", app="shop", code="200"}, {__name__="hits_total", app="shop", code="500"}];many-to-many matching not allowed: matching labels must be unique on one side',
  ],
  [
    'query_range?query=up&start=0&end=600&step=0.5',
    422,
    'execution',
    'query processing would load too many samples into memory in query execution',
  ],
  ['series', 400, 'bad_data', 'no match[] parameter provided'],
];

for (const [target, status, type, error] of refused)
  test(`${target} is refused`, async () => {
    const answer = await ask('GET', `/api/v1/${target.replaceAll('"', '%22')}`);
    assert.equal(answer.status, status);
    assert.deepEqual(answer.json, { status: 'error', errorType: type, error });
  });

test('series, labels and their values are listed, all or by selector', async () => {
  const data = async (path: string) => (await ask('GET', `/api/v1/${path}`)).json.data;
  assert.deepEqual(await data('series?match[]=hits_total{code="500"}'), [
    { __name__: 'hits_total', app: 'shop', code: '500' },
  ]);
  assert.deepEqual(await data('labels'), ['__name__', 'app', 'code', 'job']);
  assert.deepEqual(await data('labels?match[]=up'), ['__name__', 'job']);
  assert.deepEqual(await data('label/__name__/values'), ['hits_total', 'up']);
  assert.deepEqual(await data('label/code/values?match[]=hits_total'), ['200', '500']);
  assert.deepEqual(await data('label/code/values?start=601'), []);
});

test('its status says what runs', async () => {
  const data = async (path: string) => (await ask('GET', `/api/v1/${path}`)).json.data;
  assert.equal((await data('status/buildinfo')).version, '3.10.0');
  assert.equal((await data('status/config')).yaml, 'global: { scrape_interval: 1s }');
  assert.equal((await data('status/flags'))['storage.tsdb.retention.time'], '15d');
  assert.equal((await data('status/runtimeinfo')).storageRetention, '15d');
  assert.equal((await data('status/tsdb')).headStats.numSeries, 3);
  assert.deepEqual(await data('rules'), { groups: [] });
  assert.deepEqual(await data('format_query?query=sum(up)by(job)'), 'sum by (job) (up)');
});

test('what is not there is 404, and what is no GET is refused', async () => {
  assert.equal((await ask('GET', '/api/v1/nothing')).status, 404);
  assert.equal((await ask('GET', '/nothing')).text, '404 page not found\n');
  assert.equal((await ask('DELETE', '/api/v1/query?query=up')).status, 405);
  assert.equal((await ask('POST', '/api/v1/targets')).status, 405);
});

test('it is healthy and ready, and reloads only where it may', async () => {
  assert.equal((await ask('GET', '/-/healthy')).text, 'Prometheus Server is Healthy.\n');
  assert.equal((await ask('GET', '/-/ready')).text, 'Prometheus Server is Ready.\n');
  assert.deepEqual((await ask('POST', '/-/reload')).text, 'Lifecycle API is not enabled.');
  const lively = asking(['--web.enable-lifecycle']);
  assert.equal((await lively('POST', '/-/reload')).status, 200);
  assert.equal((await lively('GET', '/-/reload')).status, 405);
});

test('a rate of what is no counter is noted', async () => {
  const { json } = await ask('GET', '/api/v1/query?query=rate(up[5m])');
  assert.deepEqual(json.infos, [
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:6)',
  ]);
});

test('the page answers what its box asks', async () => {
  const { text } = await ask('GET', '/query?expr=up');
  assert.match(text, /up\{job=&quot;pods&quot;\}<\/code><\/td><td>1</);
  assert.match(text, /simulated Prometheus/);
  const wrong = await ask('GET', '/query?expr=up%7B');
  assert.match(wrong.text, /unexpected end of input inside braces/);
});
