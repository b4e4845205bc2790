import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricRegistry } from './registry.ts';

test('counters and histograms come out as a scrape reads them', () => {
  const registry = new MetricRegistry();
  registry.add('hits_total', [['path', 'a"b\\c']]);
  registry.add('hits_total', [['path', 'a"b\\c']], 2);
  for (const value of [1, 7, 99]) registry.observe('took', [['code', '200']], value, [5, 10]);
  assert.equal(
    registry.text(),
    [
      '# TYPE hits_total counter',
      'hits_total{path="a\\"b\\\\c"} 3',
      '# TYPE took histogram',
      'took_bucket{code="200",le="5"} 1',
      'took_bucket{code="200",le="10"} 2',
      'took_bucket{code="200",le="+Inf"} 3',
      'took_sum{code="200"} 107',
      'took_count{code="200"} 3',
      '',
    ].join('\n'),
  );
  assert.equal(registry.value('hits_total', [['path', 'a"b\\c']]), 3);
});

test('series are bounded: what does not fit is counted as dropped', () => {
  const registry = new MetricRegistry();
  for (let count = 0; count < 5_001; count++) registry.add('n', [['id', String(count)]]);
  assert.equal(registry.dropped, 1);
});
