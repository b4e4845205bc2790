import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpositionError, ExpositionReader, type ParsedSeries } from './exposition.ts';

function reading() {
  const reader = new ExpositionReader<ParsedSeries>((text) => ` ${text}`.slice(1));
  let parsed = 0;
  const read = (text: string) => {
    const samples: string[] = [];
    const metadata: string[] = [];
    reader.read(text, {
      series: (series) => {
        parsed++;
        return series;
      },
      sample: ({ name, labels }, value) =>
        samples.push(`${name} ${JSON.stringify(Object.fromEntries(labels))} ${value}`),
      metadata: (name, { type, help }) => metadata.push(`${name} ${type} ${help}`),
    });
    return { samples, metadata };
  };
  return { read, parsed: () => parsed };
}

test('reads names, labels, escapes, special values, and leaves timestamps alone', () => {
  const { read } = reading();
  const { samples, metadata } = read(
    [
      '# HELP hits_total How many\\n came.',
      '# TYPE hits_total counter',
      'hits_total{path="/a\\"b\\\\c\\n",code="200"} 3 1795343525123',
      '# a comment',
      '',
      'plain 1.5e3',
      'none{} NaN',
      'most{le="+Inf"} +Inf',
      'odd{a="}",b="{,le=",} 4',
      'spaced { a = "b" , } 5',
    ].join('\n'),
  );
  assert.deepEqual(samples, [
    'hits_total {"path":"/a\\"b\\\\c\\n","code":"200"} 3',
    'plain {} 1500',
    'none {} NaN',
    'most {"le":"+Inf"} Infinity',
    'odd {"a":"}","b":"{,le="} 4',
    'spaced {"a":"b"} 5',
  ]);
  assert.deepEqual(metadata, [
    'hits_total unknown How many\n came.',
    'hits_total counter How many\n came.',
  ]);
});

test('a line is parsed once, however often it is scraped', () => {
  const { read, parsed } = reading();
  const text = (n: number) =>
    ['1', '+Inf'].map((le) => `b_bucket{a="x",le="${le}"} ${n}`).join('\n') +
    `\nb_count{a="x"} ${n}\n`;
  read(text(1));
  assert.equal(parsed(), 3);
  assert.deepEqual(read(text(2)).samples, [
    'b_bucket {"a":"x","le":"1"} 2',
    'b_bucket {"a":"x","le":"+Inf"} 2',
    'b_count {"a":"x"} 2',
  ]);
  assert.equal(parsed(), 3);
});

test('what is no exposition is refused', () => {
  const { read } = reading();
  assert.throws(() => read('hits{a="b" 3'), ExpositionError);
  assert.throws(() => read('hits three'), {
    message: 'strconv.ParseFloat: parsing "three": invalid syntax',
  });
  assert.throws(() => read('hits'), ExpositionError);
});
