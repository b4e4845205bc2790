// What Prometheus says of itself to whoever scrapes it. Only what it counts here.

import type { WebContext } from './server.ts';

export function ownMetrics(context: WebContext): string {
  const { storage, manager, version, startedAt } = context;
  const { at, successful } = context.lastReload();
  const lines = [
    gauge(
      'prometheus_build_info',
      "A metric with a constant '1' value labeled by version.",
      `{version="${version}"}`,
      1,
    ),
    gauge(
      'prometheus_ready',
      'Whether Prometheus startup was fully completed.',
      '',
      context.ready() ? 1 : 0,
    ),
    gauge(
      'prometheus_config_last_reload_successful',
      'Whether the last configuration reload attempt was successful.',
      '',
      successful ? 1 : 0,
    ),
    gauge(
      'prometheus_config_last_reload_success_timestamp_seconds',
      'Timestamp of the last successful configuration reload.',
      '',
      at / 1000,
    ),
    gauge(
      'prometheus_tsdb_head_series',
      'Total number of series in the head block.',
      '',
      storage.seriesCount,
    ),
    gauge(
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      '',
      startedAt / 1000,
    ),
  ];
  const pools = new Map(manager.jobs.map((job) => [job, 0]));
  for (const { target } of manager.loops) pools.set(target.job, (pools.get(target.job) ?? 0) + 1);
  lines.push(
    '# HELP prometheus_target_scrape_pool_targets Current number of targets in this scrape pool.',
    '# TYPE prometheus_target_scrape_pool_targets gauge',
    ...[...pools].map(
      ([job, count]) =>
        `prometheus_target_scrape_pool_targets{scrape_job=${JSON.stringify(job)}} ${count}`,
    ),
  );
  return `${lines.join('\n')}\n`;
}

function gauge(name: string, help: string, labels: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}${labels} ${value}`;
}
