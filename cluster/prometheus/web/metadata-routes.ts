// What series, labels, metrics and targets there are. Source: Prometheus docs, HTTP API.

import { type Labels, byCodePoint } from '../labels.ts';
import type { MetricMetadata } from '../scrape/exposition.ts';
import type { ScrapeLoop } from '../scrape/scrape-loop.ts';
import type { ScrapeManager } from '../scrape/scrape-manager.ts';
import { scrapeUrl } from '../scrape/target.ts';
import { formatDuration } from '../numbers.ts';
import type { Series } from '../storage/series.ts';
import type { Storage } from '../storage/storage.ts';
import { microTimestamp } from '../../time.ts';
import { ApiFault, type Answered } from './answer.ts';
import { invalidParameter, limitOf, selectorsOf, timeOf } from './parameters.ts';

export function series(parameters: URLSearchParams, storage: Storage): Answered {
  if (parameters.getAll('match[]').length === 0)
    throw new ApiFault('bad_data', 'no match[] parameter provided');
  const found = new Map<string, Labels>();
  for (const { labels } of matching(parameters, storage)) found.set(labels.key, labels);
  return limited(
    [...found.values()].map((labels) => labels.toObject()),
    limitOf(parameters),
  );
}

export function labelNames(parameters: URLSearchParams, storage: Storage): Answered {
  const names = new Set<string>();
  for (const each of matching(parameters, storage))
    for (const name of each.labelNames()) names.add(name);
  return limited([...names].sort(byCodePoint), limitOf(parameters));
}

export function labelValues(name: string, parameters: URLSearchParams, storage: Storage): Answered {
  if (name === '') throw new ApiFault('bad_data', `invalid label name: ""`);
  const values = new Set<string>();
  for (const each of matching(parameters, storage)) values.add(each.get(name));
  values.delete('');
  return limited([...values].sort(byCodePoint), limitOf(parameters));
}

/** Series with samples in the time asked for. */
function matching(parameters: URLSearchParams, storage: Storage): Series[] {
  const start = timeOf(parameters, 'start') ?? -Infinity;
  const end = timeOf(parameters, 'end') ?? Infinity;
  if (end < start) throw invalidParameter('end', 'end timestamp must not be before start time');
  const selectors = selectorsOf(parameters);
  const found =
    selectors.length === 0
      ? storage.select([])
      : [...new Set(selectors.flatMap(({ matchers }) => storage.select(matchers)))];
  return found.filter(({ samples }) => samples.newest >= start && samples.oldest <= end);
}

function limited(list: readonly unknown[], limit: number): Answered {
  if (limit === 0 || list.length <= limit) return { data: list };
  return { data: list.slice(0, limit), warnings: ['results truncated due to limit'] };
}

export function metadata(parameters: URLSearchParams, manager: ScrapeManager): Answered {
  const wanted = parameters.get('metric') ?? '';
  const limit = limitOf(parameters);
  const found = new Map<string, MetricMetadata[]>();
  for (const loop of manager.loops)
    for (const [name, { type, help }] of loop.metadata) {
      if (wanted !== '' && name !== wanted) continue;
      const known = found.get(name) ?? [];
      if (!known.some((each) => each.type === type && each.help === help))
        known.push({ type, help });
      found.set(name, known);
    }
  const entries = [...found].slice(0, limit === 0 ? undefined : limit);
  return {
    data: Object.fromEntries(
      entries.map(([name, list]) => [
        name,
        list.map(({ type, help }) => ({ type, help, unit: '' })),
      ]),
    ),
  };
}

export function targets(parameters: URLSearchParams, manager: ScrapeManager): Answered {
  const state = parameters.get('state') ?? 'any';
  const pool = parameters.get('scrapePool') ?? '';
  const active = manager.loops
    .filter(({ target }) => pool === '' || target.job === pool)
    .map(activeTarget);
  const dropped = [...manager.dropped].flatMap(([job, list]) =>
    list.map((labels) => ({ discoveredLabels: labels.toObject(), scrapePool: job })),
  );
  return {
    data: {
      activeTargets: state === 'dropped' ? [] : active,
      droppedTargets: state === 'active' ? [] : dropped,
      droppedTargetCounts: Object.fromEntries(
        [...manager.dropped].map(([job, list]) => [job, list.length]),
      ),
    },
  };
}

function activeTarget({ target, state }: ScrapeLoop) {
  return {
    discoveredLabels: target.discovered.toObject(),
    labels: target.labels.toObject(),
    scrapePool: target.job,
    scrapeUrl: scrapeUrl(target),
    globalUrl: scrapeUrl(target),
    lastError: state.lastError,
    lastScrape:
      state.lastScrape === undefined ? '0001-01-01T00:00:00Z' : microTimestamp(state.lastScrape),
    lastScrapeDuration: state.lastDurationMs / 1000,
    health: state.health,
    scrapeInterval: formatDuration(target.intervalMs),
    scrapeTimeout: formatDuration(target.timeoutMs),
  };
}
