import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asked, askedRange, storageOf } from '../testing/query-lab.ts';

const requests = storageOf({
  'requests_total{app="shop",code="200"}': '0+60x10',
  'requests_total{app="shop",code="500"}': '0+30x10',
  'requests_total{app="cart",code="200"}': '0+6x10',
});

test('a selector gives the newest sample of each series within five minutes', async () => {
  const storage = storageOf({ 'up{job="a"}': '1 1 1' });
  assert.deepEqual(await asked(storage, 'up', 120), ['up{job="a"} 1']);
  // The window is open on its left: a sample of exactly five minutes ago is out.
  assert.deepEqual(await asked(storage, 'up', 120 + 299), ['up{job="a"} 1']);
  assert.deepEqual(await asked(storage, 'up', 120 + 300), []);
});

test('a series that is missing from a scrape has ended at once', async () => {
  const storage = storageOf({ gone: '5 5 _ _', there: '1 1 1 1' });
  assert.deepEqual(await asked(storage, 'gone', 119), ['gone 5']);
  assert.deepEqual(await asked(storage, 'gone', 120), []);
  assert.deepEqual(await asked(storage, 'there', 180), ['there 1']);
  // What it was stays in a range.
  assert.deepEqual(await asked(storage, 'count_over_time(gone[10m])', 180), ['{} 2']);
});

test('matchers select by equality and by anchored expressions, and an absent label is empty', async () => {
  const names = async (query: string) =>
    (await asked(requests, query, 600)).map((line) => line.split(' ')[0]);
  assert.equal((await names('requests_total{code=~"2.."}')).length, 2);
  assert.equal((await names('requests_total{code=~"2"}')).length, 0);
  assert.equal((await names('requests_total{code!~"2.."}')).length, 1);
  assert.equal((await names('requests_total{app!="shop"}')).length, 1);
  assert.equal((await names('requests_total{zone=""}')).length, 3);
  assert.equal((await names('{__name__=~"requests.*",app="cart"}')).length, 1);
});

test('rate is what a counter grew in a second, stretched to the edges of its range', async () => {
  // Samples at 60 … 300 s in (0, 300]: 240 in 240 s, stretched by a gap at the start alone: it began at 60.
  assert.deepEqual(await asked(requests, 'rate(requests_total{code="500"}[5m])', 300), [
    '{app="shop", code="500"} 0.5',
  ]);
  assert.deepEqual(await asked(requests, 'increase(requests_total{app="cart"}[5m])', 300), [
    '{app="cart", code="200"} 30',
  ]);
  assert.deepEqual(await asked(requests, 'sum by (app) (rate(requests_total[5m]))', 600), [
    '{app="shop"} 1.5',
    '{app="cart"} 0.1',
  ]);
});

test('a counter is stretched back no further than to where it would have been zero', async () => {
  const storage = storageOf({ young_total: '_ _ 10 70' });
  // 60 in 60 s; at this pace 10 was zero 10 s before the first sample, half a gap would be 30: (60+10+0)/60 of 60.
  assert.deepEqual(await asked(storage, 'increase(young_total[5m])', 180), ['{} 70']);
  // A gauge knows no zero: half a gap, 30 s.
  assert.deepEqual(await asked(storage, 'delta(young_total[5m])', 180), ['{} 90']);
});

test('a series that ended inside the range is stretched by half a gap', async () => {
  const storage = storageOf({ old_total: '0 60 120 _ _ _ _', other: '1 1 1 1 1 1 1' });
  // (60, 360]: one sample at 120 alone; (0, 360] has 60 and 120: 60 in 60 s, 30 s at the end, and 60 at the start.
  assert.deepEqual(await asked(storage, 'increase(old_total[5m])', 360), []);
  assert.deepEqual(await asked(storage, 'increase(old_total[6m])', 360), ['{} 150']);
});

test('a counter that falls has been reset: what it counted since then is new', async () => {
  const storage = storageOf({ jumps_total: '0 50 100 20 40' });
  // 50→100→20→40 within (0, 240]: 50 + 20 + 20 over 180 s, and at this pace it was zero 100 s before: a gap of 60 counts.
  assert.deepEqual(await asked(storage, 'increase(jumps_total[4m])', 240), ['{} 120']);
  assert.deepEqual(await asked(storage, 'resets(jumps_total[4m])', 240), ['{} 1']);
  assert.deepEqual(await asked(storage, 'changes(jumps_total[4m])', 240), ['{} 3']);
  assert.deepEqual(await asked(storage, 'irate(jumps_total[2m])', 180), ['{} 0.333333333333']);
  assert.deepEqual(await asked(storage, 'idelta(jumps_total[3m])', 180), ['{} -80']);
});

test('less than two samples have no rate', async () => {
  assert.deepEqual(await asked(requests, 'rate(requests_total[1m])', 600), []);
  assert.equal((await asked(requests, 'rate(requests_total[2m])', 600)).length, 3);
});

test('offset and @ move where a selector looks', async () => {
  const storage = storageOf({ steps: '0+1x10' });
  assert.deepEqual(await asked(storage, 'steps offset 2m', 600), ['steps 8']);
  assert.deepEqual(await asked(storage, 'steps offset -2m', 300), ['steps 7']);
  assert.deepEqual(await asked(storage, 'steps @ 180', 600), ['steps 3']);
  assert.deepEqual(await asked(storage, 'steps @ 180 offset 1m', 600), ['steps 2']);
  assert.deepEqual(await asked(storage, 'sum_over_time(steps[2m] @ 240)', 600), ['{} 7']);
  assert.deepEqual(await askedRange(storage, 'steps @ end()', [60, 180, 60]), [
    'steps 3@60 3@120 3@180',
  ]);
  assert.deepEqual(await askedRange(storage, 'steps - steps @ start()', [60, 180, 60]), [
    '{} 0@60 1@120 2@180',
  ]);
  // The offset is the last operand's alone.
  assert.deepEqual(await asked(storage, 'steps - steps offset 2m', 600), ['{} 2']);
});

test('a range vector by itself is its samples', async () => {
  const storage = storageOf({ steps: '0+1x10' });
  assert.deepEqual(await asked(storage, 'steps[2m]', 300), ['steps 4@240 5@300']);
});

test('a subquery evaluates at multiples of its step', async () => {
  const storage = storageOf({ steps: '0+1x10' });
  assert.deepEqual(await asked(storage, 'steps[3m:1m]', 300), ['steps 3@180 4@240 5@300']);
  assert.deepEqual(await asked(storage, 'steps[1m:30s]', 310), ['steps 4@270 5@300']);
  assert.deepEqual(await asked(storage, 'max_over_time(rate(steps[2m])[5m:1m])', 600), [
    '{} 0.0166666666667',
  ]);
  assert.deepEqual(await asked(storage, 'steps[2m:] offset 1m', 300), ['steps 3@180 4@240']);
});

test('aggregations make one of many', async () => {
  const storage = storageOf({
    'n{a="x",b="1"}': '1',
    'n{a="x",b="2"}': '3',
    'n{a="y",b="1"}': '8',
  });
  const at0 = (query: string) => asked(storage, query, 0);
  assert.deepEqual(await at0('sum(n)'), ['{} 12']);
  assert.deepEqual(await at0('avg by (a) (n)'), ['{a="x"} 2', '{a="y"} 8']);
  assert.deepEqual(await at0('min without (a) (n)'), ['{b="1"} 1', '{b="2"} 3']);
  assert.deepEqual(await at0('max(n) by (a)'), ['{a="x"} 3', '{a="y"} 8']);
  assert.deepEqual(await at0('count(n)'), ['{} 3']);
  assert.deepEqual(await at0('group(n)'), ['{} 1']);
  assert.deepEqual(await at0('stddev(n{a="x"})'), ['{} 1']);
  assert.deepEqual(await at0('stdvar(n{a="x"})'), ['{} 1']);
  assert.deepEqual(await at0('topk(2, n)'), ['n{a="y", b="1"} 8', 'n{a="x", b="2"} 3']);
  assert.deepEqual(await at0('bottomk by (a) (1, n)'), ['n{a="x", b="1"} 1', 'n{a="y", b="1"} 8']);
  assert.deepEqual(await at0('quantile(0.5, n)'), ['{} 3']);
  assert.deepEqual(await at0('quantile(0.75, n)'), ['{} 5.5']);
  assert.deepEqual(await at0('count_values("v", n > bool 2)'), ['{v="0"} 1', '{v="1"} 2']);
  assert.deepEqual(await at0('sum(nothing)'), []);
});

test('vectors are matched by all their labels, or by those that are named', async () => {
  const storage = storageOf({
    'errors{code="500",app="shop"}': '24',
    'errors{code="404",app="shop"}': '30',
    'errors{code="404",app="cart"}': '21',
    'all{app="shop"}': '600',
    'all{app="cart"}': '120',
  });
  const at0 = (query: string) => asked(storage, query, 0);
  assert.deepEqual(await at0('errors{code="500"} / ignoring(code) all'), ['{app="shop"} 0.04']);
  assert.deepEqual(await at0('errors / ignoring(code) group_left all'), [
    '{app="shop", code="500"} 0.04',
    '{app="shop", code="404"} 0.05',
    '{app="cart", code="404"} 0.175',
  ]);
  assert.deepEqual(await at0('all * on(app) group_right errors{code="404"}'), [
    '{app="shop", code="404"} 18000',
    '{app="cart", code="404"} 2520',
  ]);
  assert.deepEqual(await at0('errors and on(app) all{app="cart"}'), [
    'errors{app="cart", code="404"} 21',
  ]);
  assert.deepEqual(await at0('errors unless on(app) all{app="shop"}'), [
    'errors{app="cart", code="404"} 21',
  ]);
  assert.deepEqual(await at0('all{app="shop"} or all'), [
    'all{app="shop"} 600',
    'all{app="cart"} 120',
  ]);
  await assert.rejects(at0('all / on(app) errors'), {
    message:
      'found duplicate series for the match group {app="shop"} on the right hand-side of the operation: [{__name__="errors", app="shop", code="500"}, {__name__="errors", app="shop", code="404"}];many-to-many matching not allowed: matching labels must be unique on one side',
  });
  await assert.rejects(at0('errors / on(app) all'), {
    message:
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
  });
});

test('group_left brings labels of the one side along', async () => {
  const storage = storageOf({
    'cpu{pod="a"}': '2',
    'cpu{pod="b"}': '3',
    'info{pod="a",node="n1"}': '1',
    'info{pod="b",node="n2"}': '1',
  });
  assert.deepEqual(await asked(storage, 'cpu * on(pod) group_left(node) info', 0), [
    '{node="n1", pod="a"} 2',
    '{node="n2", pod="b"} 3',
  ]);
});

test('comparisons filter, and with bool they say 0 or 1', async () => {
  const storage = storageOf({ 'n{a="x"}': '1', 'n{a="y"}': '5' });
  const at0 = (query: string) => asked(storage, query, 0);
  assert.deepEqual(await at0('n > 2'), ['n{a="y"} 5']);
  assert.deepEqual(await at0('2 < n'), ['n{a="y"} 5']);
  assert.deepEqual(await at0('n > bool 2'), ['{a="x"} 0', '{a="y"} 1']);
  assert.deepEqual(await at0('3 > bool 2'), ['1']);
  assert.deepEqual(await at0('n == n'), ['n{a="x"} 1', 'n{a="y"} 5']);
});

test('operators bind as in mathematics, powers to the right', async () => {
  const at0 = async (query: string) => (await asked(requests, query, 0))[0];
  assert.equal(await at0('1 + 2 * 3'), '7');
  assert.equal(await at0('2 ^ 3 ^ 2'), '512');
  assert.equal(await at0('-2 ^ 2'), '-4');
  assert.equal(await at0('7 % 4 - 1'), '2');
  assert.equal(await at0('-7 % 4'), '-3');
  assert.equal(await at0('1 / 0'), '+Inf');
  assert.equal(await at0('0 / 0'), 'NaN');
  assert.equal(await at0('5m + 1'), '301');
  assert.equal(await at0('0x10'), '16');
  assert.equal(await at0('1e3'), '1000');
});

test('over time: minimum, mean, sum, quantile and deviation of one series', async () => {
  const storage = storageOf({ 'n{a="x"}': '2 4 4 4 5 5 7 9' });
  const at = (query: string) => asked(storage, query, 420);
  assert.deepEqual(await at('min_over_time(n[8m])'), ['{a="x"} 2']);
  assert.deepEqual(await at('max_over_time(n[8m])'), ['{a="x"} 9']);
  assert.deepEqual(await at('avg_over_time(n[8m])'), ['{a="x"} 5']);
  assert.deepEqual(await at('sum_over_time(n[8m])'), ['{a="x"} 40']);
  assert.deepEqual(await at('count_over_time(n[8m])'), ['{a="x"} 8']);
  assert.deepEqual(await at('stddev_over_time(n[8m])'), ['{a="x"} 2']);
  assert.deepEqual(await at('stdvar_over_time(n[8m])'), ['{a="x"} 4']);
  assert.deepEqual(await at('quantile_over_time(0.5, n[8m])'), ['{a="x"} 4.5']);
  assert.deepEqual(await at('last_over_time(n[8m])'), ['n{a="x"} 9']);
  assert.deepEqual(await at('present_over_time(n[8m])'), ['{a="x"} 1']);
});

test('a straight line is found and followed', async () => {
  const storage = storageOf({ line: '0+6x10' });
  assert.deepEqual(await asked(storage, 'deriv(line[10m])', 600), ['{} 0.1']);
  assert.deepEqual(await asked(storage, 'predict_linear(line[10m], 3600)', 600), ['{} 420']);
});

test('quantiles of a histogram lie between the bounds of their bucket', async () => {
  const storage = storageOf({
    'took_bucket{app="a",le="10"}': '0+10x10',
    'took_bucket{app="a",le="100"}': '0+20x10',
    'took_bucket{app="a",le="+Inf"}': '0+20x10',
  });
  const at = (query: string) => asked(storage, query, 600);
  // Half of all are up to 10, the rest up to 100: three quarters lie in the middle between.
  assert.deepEqual(await at('histogram_quantile(0.75, rate(took_bucket[5m]))'), ['{app="a"} 55']);
  assert.deepEqual(await at('histogram_quantile(0.25, sum by (le) (rate(took_bucket[5m])))'), [
    '{} 5',
  ]);
  assert.deepEqual(await at('histogram_quantile(1, took_bucket)'), ['{app="a"} 100']);
  assert.deepEqual(await at('histogram_quantile(2, took_bucket)'), ['{app="a"} +Inf']);
  assert.deepEqual(await at('histogram_quantile(0.5, took_bucket{le!="+Inf"})'), ['{app="a"} NaN']);
});

test('the last bucket has no end: its lower bound is the answer', async () => {
  const storage = storageOf({ 'b{le="1"}': '1', 'b{le="+Inf"}': '10' });
  assert.deepEqual(await asked(storage, 'histogram_quantile(0.9, b)', 0), ['{} 1']);
});

test('absent speaks when there is nothing, with the labels that were asked for', async () => {
  const at0 = (query: string) => asked(requests, query, 0);
  assert.deepEqual(await at0('absent(nothing{job="x", zone=~"a.*"})'), ['{job="x"} 1']);
  assert.deepEqual(await at0('absent(requests_total)'), []);
  assert.deepEqual(await at0('absent_over_time(nothing{job="x"}[5m])'), ['{job="x"} 1']);
  assert.deepEqual(await at0('absent(sum(nothing))'), ['{} 1']);
});

test('labels are replaced and joined', async () => {
  const storage = storageOf({ 'up{host="web-1",zone="a"}': '1' });
  const at0 = (query: string) => asked(storage, query, 0);
  assert.deepEqual(await at0('label_replace(up, "kind", "$1", "host", "(\\\\w+)-.*")'), [
    'up{host="web-1", kind="web", zone="a"} 1',
  ]);
  assert.deepEqual(await at0('label_replace(up, "kind", "$1", "host", "web")'), [
    'up{host="web-1", zone="a"} 1',
  ]);
  assert.deepEqual(await at0('label_join(up, "both", "/", "zone", "host")'), [
    'up{both="a/web-1", host="web-1", zone="a"} 1',
  ]);
});

test('numbers become vectors and vectors numbers', async () => {
  assert.deepEqual(await asked(requests, 'vector(3)', 0), ['{} 3']);
  assert.deepEqual(await asked(requests, 'scalar(requests_total{app="cart"})', 60), ['6']);
  assert.deepEqual(await asked(requests, 'scalar(requests_total)', 60), ['NaN']);
  assert.deepEqual(await asked(requests, 'time()', 61.5), ['61.5']);
  assert.deepEqual(await asked(requests, 'timestamp(requests_total{app="cart"})', 90), [
    '{app="cart", code="200"} 60',
  ]);
});

test('single numbers: rounding, bounds, roots, dates', async () => {
  const storage = storageOf({ n: '-2.55' });
  const at0 = async (query: string) => (await asked(storage, query, 0))[0];
  assert.equal(await at0('abs(n)'), '{} 2.55');
  assert.equal(await at0('round(n)'), '{} -3');
  assert.equal(await at0('round(n, 0.5)'), '{} -2.5');
  assert.equal(await at0('clamp(n, -1, 1)'), '{} -1');
  assert.equal(await at0('clamp_min(n, 0)'), '{} 0');
  assert.equal(await at0('ceil(n)'), '{} -2');
  assert.equal(await at0('sqrt(vector(16))'), '{} 4');
  assert.equal(await at0('sgn(n)'), '{} -1');
  // 2026-11-29 09:30:00 UTC, a Sunday.
  assert.equal(await at0('day_of_week(vector(1795944600))'), '{} 0');
  assert.equal(await at0('hour(vector(1795944600))'), '{} 9');
  assert.equal(await at0('minute(vector(1795944600))'), '{} 30');
  assert.equal(await at0('day_of_month(vector(1795944600))'), '{} 29');
  assert.equal(await at0('days_in_month(vector(1795944600))'), '{} 30');
  assert.equal(await at0('day_of_year(vector(1795944600))'), '{} 333');
  assert.equal(await at0('month(vector(1795944600))'), '{} 11');
  assert.equal(await at0('year(vector(1795944600))'), '{} 2026');
});

test('a range query gives a sample for each step at which there is one', async () => {
  const storage = storageOf({ 'n{a="x"}': '1 2 _ 4', other: '0 0 0 0' });
  assert.deepEqual(await askedRange(storage, 'n', [0, 240, 60]), ['n{a="x"} 1@0 2@60 4@180 4@240']);
  assert.deepEqual(await askedRange(storage, '2', [0, 120, 60]), ['{} 2@0 2@60 2@120']);
  assert.deepEqual(await askedRange(storage, 'sum(n) or vector(0)', [60, 180, 60]), [
    '{} 2@60 0@120 4@180',
  ]);
});

test('equal values do not deviate, however they are rounded', async () => {
  const storage = storageOf({
    'n{a="x"}': '1.5990505637277868 1.5990505637277868 1.5990505637277868',
  });
  assert.deepEqual(await asked(storage, 'stddev_over_time(n[5m])', 120), ['{a="x"} 0']);
});

test('the mean of numbers whose sum is too large is still theirs', async () => {
  const storage = storageOf({
    'n{a="x"}': '1e308 1e308 1e308'.replaceAll('1e308', String(2 ** 1023)),
  });
  assert.deepEqual(await asked(storage, 'avg_over_time(n[5m]) / 2 ^ 1023', 120), ['{a="x"} 1']);
});

test('bounds that cross leave nothing between them', async () => {
  assert.deepEqual(await asked(requests, 'clamp(requests_total, 5, -5)', 60), []);
});

test('what a filter leaves out has been matched all the same', async () => {
  const storage = storageOf({
    'many{a="1",job="x"}': '0',
    'many{a="2",job="x"}': '1',
    'one{job="x"}': '1',
  });
  await assert.rejects(asked(storage, 'many > on(job) one', 0), {
    message:
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
  });
});

test('two histograms whose names alone differ are not one', async () => {
  const storage = storageOf({
    'a_bucket{le="1"}': '1',
    'a_bucket{le="+Inf"}': '2',
    'b_bucket{le="1"}': '1',
    'b_bucket{le="+Inf"}': '2',
  });
  await assert.rejects(asked(storage, 'histogram_quantile(0.5, {__name__=~"._bucket"})', 0), {
    message: 'vector cannot contain metrics with the same labelset',
  });
});

test('two samples that would be one series are refused', async () => {
  const storage = storageOf({ a_total: '1 2', b_total: '3 4' });
  await assert.rejects(asked(storage, 'rate({__name__=~"a_total|b_total"}[5m])', 60), {
    message: 'vector cannot contain metrics with the same labelset',
  });
});
