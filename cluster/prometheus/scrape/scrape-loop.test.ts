import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkLab } from '../../network/testing/network-lab.ts';
import { type ScrapeConfiguration, parseConfiguration } from '../configuration/configuration.ts';
import { Labels } from '../labels.ts';
import { prometheusLimits } from '../limits.ts';
import { Storage } from '../storage/storage.ts';
import { asked } from '../testing/query-lab.ts';
import { ScrapeLoop } from './scrape-loop.ts';
import { ScrapeError } from './scraper.ts';
import { targetOf } from './target.ts';

/** One target whose answers are given; `at` asks what is known now. */
function scraping(more: string, ...answers: (string | Error)[]) {
  const { clock } = networkLab();
  const [job] = parseConfiguration(
    `global: { scrape_interval: 1s }\nscrape_configs:\n- { job_name: pods, ${more} }`,
  ).scrapes as [ScrapeConfiguration];
  const target = targetOf(job, Labels.from({ __address__: '10.0.0.1:80', app: 'shop' }));
  assert.ok(target);
  const storage = new Storage({ limits: prometheusLimits, retentionMs: 3_600_000 });
  const left = [...answers];
  const loop = new ScrapeLoop({
    target,
    job,
    clock,
    scraper: {
      scrape: async () => {
        const answer = left.length > 1 ? left.shift() : left[0];
        if (answer instanceof Error) throw answer;
        return answer ?? '';
      },
      close: () => {},
    },
    storage,
    offsetMs: 0,
    fault: (error) => assert.fail(String(error)),
  });
  const now = (query: string) => asked(storage, query, clock.now() / 1000);
  return { clock, loop, now };
}

test('each scrape is a sample of every series, of `up`, and of what the scrape was', async () => {
  const { clock, loop, now } = scraping('honor_labels: false', 'hits_total 1\n', 'hits_total 3\n');
  await clock.step(1_500);
  assert.deepEqual(await now('hits_total'), [
    'hits_total{app="shop", instance="10.0.0.1:80", job="pods"} 3',
  ]);
  assert.deepEqual(await now('sum(up)'), ['{} 1']);
  assert.deepEqual(await now('sum(scrape_samples_scraped)'), ['{} 1']);
  assert.equal(loop.state.health, 'up');
});

test('a scrape that fails ends the target’s own series and leaves `up` at 0', async () => {
  const { clock, loop, now } = scraping(
    'honor_labels: false',
    'hits_total 1\n',
    new ScrapeError('Get "http://10.0.0.1:80/metrics": context deadline exceeded'),
  );
  await clock.step(500);
  assert.equal((await now('hits_total')).length, 1);
  await clock.step(1_000);
  assert.deepEqual(await now('hits_total'), []);
  assert.deepEqual(await now('sum(up)'), ['{} 0']);
  assert.deepEqual(
    loop.state.lastError,
    'Get "http://10.0.0.1:80/metrics": context deadline exceeded',
  );
});

test('text that is no exposition is a failed scrape', async () => {
  const { clock, loop, now } = scraping('honor_labels: false', 'hits_total one\n');
  await clock.step(500);
  assert.deepEqual(await now('sum(up)'), ['{} 0']);
  assert.match(loop.state.lastError, /^strconv\.ParseFloat/);
});

test('a label that target and series both have is the target’s, unless the series’ are honoured', async () => {
  const text = 'hits_total{app="other"} 1\n';
  const usual = scraping('honor_labels: false', text);
  await usual.clock.step(500);
  assert.deepEqual(await usual.now('hits_total'), [
    'hits_total{app="shop", exported_app="other", instance="10.0.0.1:80", job="pods"} 1',
  ]);
  const honoured = scraping('honor_labels: true', text);
  await honoured.clock.step(500);
  assert.deepEqual(await honoured.now('hits_total'), [
    'hits_total{app="other", instance="10.0.0.1:80", job="pods"} 1',
  ]);
});

test('bounds of a histogram are kept one way; a label of that name elsewhere stays', async () => {
  const { clock, now } = scraping(
    'honor_labels: false',
    '# TYPE took histogram\ntook_bucket{le="5"} 1\ntook_bucket{le="+Inf"} 1\nother{le="5"} 1\n',
  );
  await clock.step(500);
  assert.deepEqual(await now('count by (le) (took_bucket)'), ['{le="5.0"} 1', '{le="+Inf"} 1']);
  assert.deepEqual(await now('count by (le) (other)'), ['{le="5"} 1']);
});

test('metric relabelling drops series, and a limit fails the scrape', async () => {
  const text = 'a_total 1\nb_total 2\n';
  const rule = 'metric_relabel_configs: [{ source_labels: [__name__], regex: a.*, action: drop }]';
  const dropped = scraping(rule, text);
  await dropped.clock.step(500);
  assert.deepEqual(await dropped.now('count by (__name__) ({__name__=~".*_total"})'), [
    'b_total 1',
  ]);
  assert.deepEqual(await dropped.now('sum(scrape_samples_post_metric_relabeling)'), ['{} 1']);
  const limited = scraping('sample_limit: 1', text);
  await limited.clock.step(500);
  assert.equal(limited.loop.state.lastError, 'sample limit exceeded');
});

test('a target that goes takes its series along', async () => {
  const { clock, loop, now } = scraping('honor_labels: false', 'hits_total 1\n');
  await clock.step(500);
  loop.stop();
  await clock.step(1_000);
  assert.deepEqual(await now('{job="pods"}'), []);
});
