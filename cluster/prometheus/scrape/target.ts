// One target: where it is, what it is called, and how its last scrape went. Knows no connections.

import { Labels } from '../labels.ts';
import type { ScrapeConfiguration } from '../configuration/configuration.ts';
import { parseDuration } from '../numbers.ts';
import { type RelabelRule, relabelled } from './relabel.ts';

export interface Target {
  job: string;
  /** Before relabelling. */
  discovered: Labels;
  /** What its series get. */
  labels: Labels;
  scheme: string;
  /** `10.244.0.5:15020` */
  address: string;
  /** Path and query. */
  path: string;
  intervalMs: number;
  timeoutMs: number;
}

/** The target that a discovered set of labels is after relabelling; undefined when it is dropped or has no address. */
export function targetOf(job: ScrapeConfiguration, found: Labels): Target | undefined {
  const discovered = Labels.of([
    ['job', job.jobName],
    ['__scheme__', job.scheme],
    ['__metrics_path__', job.metricsPath],
    ['__scrape_interval__', `${job.intervalMs}ms`],
    ['__scrape_timeout__', `${job.timeoutMs}ms`],
    ...Object.entries(job.params).map(([name, values]): [string, string] => [
      `__param_${name}`,
      values[0] ?? '',
    ]),
    ...found,
  ]);
  const after = relabelled(discovered, job.relabel);
  const address = after?.get('__address__') ?? '';
  if (!after || address === '') return undefined;
  const labels: (readonly [string, string])[] = [...after].filter(
    ([name]) => !name.startsWith('__'),
  );
  if (!after.get('instance')) labels.push(['instance', address]);
  return {
    job: job.jobName,
    discovered,
    labels: Labels.of(labels),
    scheme: after.get('__scheme__'),
    address,
    path: pathOf(job, after),
    intervalMs: parseDuration(after.get('__scrape_interval__')) ?? job.intervalMs,
    timeoutMs: parseDuration(after.get('__scrape_timeout__')) ?? job.timeoutMs,
  };
}

function pathOf(job: ScrapeConfiguration, labels: Labels): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(job.params)) {
    query.append(name, labels.get(`__param_${name}`));
    for (const value of values.slice(1)) query.append(name, value);
  }
  for (const [label, value] of labels) {
    const name = label.startsWith('__param_') ? label.slice('__param_'.length) : '';
    if (name !== '' && !query.has(name)) query.append(name, value);
  }
  const path = labels.get('__metrics_path__') || '/';
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

export function scrapeUrl({ scheme, address, path }: Target): string {
  return `${scheme}://${address}${path}`;
}

/** Targets that are the same in all that counts are one. */
export function targetKey(target: Target): string {
  return `${target.labels.key}\n${scrapeUrl(target)}`;
}

/** A scraped series under its target: its own labels first or the target's, as the job says. Undefined when it is dropped. */
export function sampleLabels(
  { labels: own }: Target,
  scraped: Iterable<readonly [string, string]>,
  honorLabels: boolean,
  rules: readonly RelabelRule[],
): Labels | undefined {
  const given = [...scraped];
  const entries: (readonly [string, string])[] = [];
  if (honorLabels) {
    entries.push(...own, ...given);
  } else {
    const named = new Set(given.map(([name]) => name));
    for (const [name, value] of given) {
      if (own.get(name) === '') entries.push([name, value]);
      else if (value !== '') {
        let other = `exported_${name}`;
        while (named.has(other) || own.get(other) !== '') other = `exported_${other}`;
        entries.push([other, value]);
      }
    }
    entries.push(...own);
  }
  const labels = Labels.of(entries);
  return rules.length === 0 ? labels : relabelled(labels, rules);
}
