// label_replace and label_join. Source: Prometheus docs, query functions.

import { anchored } from '../matcher.ts';
import { RegexError } from '../matcher.ts';
import { expanded } from '../scrape/relabel.ts';
import { QueryError, type Sample } from './values.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function labelReplace(
  samples: readonly Sample[],
  [destination = '', replacement = '', source = '', regex = '']: readonly string[],
): Sample[] {
  let pattern: RegExp;
  try {
    pattern = anchored(regex);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new QueryError(`invalid regular expression in label_replace(): ${regex}`);
  }
  if (!LABEL_NAME.test(destination))
    throw new QueryError(`invalid destination label name in label_replace(): ${destination}`);
  return samples.map((sample) => {
    const match = pattern.exec(sample.labels.get(source));
    if (!match) return sample;
    return { ...sample, labels: sample.labels.with(destination, expanded(replacement, match)) };
  });
}

export function labelJoin(
  samples: readonly Sample[],
  [destination = '', separator = '', ...sources]: readonly string[],
): Sample[] {
  for (const source of sources)
    if (!LABEL_NAME.test(source))
      throw new QueryError(`invalid source label name in label_join(): ${source}`);
  if (!LABEL_NAME.test(destination))
    throw new QueryError(`invalid destination label name in label_join(): ${destination}`);
  return samples.map((sample) => {
    const joined = sources.map((source) => sample.labels.get(source)).join(separator);
    return { ...sample, labels: sample.labels.with(destination, joined) };
  });
}
