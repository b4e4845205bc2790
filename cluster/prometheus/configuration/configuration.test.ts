import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from './configuration.ts';

test('jobs take the global interval, and the timeout is no longer than it', () => {
  const { scrapes, scrapeIntervalMs } = parseConfiguration(`
global: { scrape_interval: 1s }
scrape_configs:
- job_name: pods
  kubernetes_sd_configs: [{ role: pod, namespaces: { names: [a] } }]
  relabel_configs:
  - source_labels: [__meta_kubernetes_pod_phase]
    action: drop
    regex: Pending|Succeeded
- job_name: slow
  scrape_interval: 30s
  static_configs: [{ targets: ['a:80'], labels: { zone: x } }]
`);
  assert.equal(scrapeIntervalMs, 1_000);
  assert.deepEqual(
    scrapes.map(({ jobName, intervalMs, timeoutMs }) => [jobName, intervalMs, timeoutMs]),
    [
      ['pods', 1_000, 1_000],
      ['slow', 30_000, 1_000],
    ],
  );
  assert.deepEqual(scrapes[0]?.kubernetes[0]?.namespaces, ['a']);
  assert.equal(scrapes[0]?.relabel[0]?.action, 'drop');
  assert.deepEqual(scrapes[1]?.statics, [{ targets: ['a:80'], labels: { zone: 'x' } }]);
});

const wrong: Readonly<Record<string, string>> = {
  'scrape_configs:\n- job_name: a\n  scrape_intervall: 5s':
    'yaml: unmarshal errors:\n  line 3: field scrape_intervall not found in type config.ScrapeConfig',
  'scrape_config: []':
    'yaml: unmarshal errors:\n  line 1: field scrape_config not found in type config.plain',
  'global: { scrape_interval: 5 parsecs }': 'not a valid duration string: "5 parsecs"',
  'global: { scrape_interval: 5s, scrape_timeout: 10s }':
    'global scrape timeout greater than scrape interval',
  'scrape_configs: [{ job_name: a }, { job_name: a }]':
    'found multiple scrape configs with job name "a"',
  'scrape_configs: [{ scheme: http }]': 'job_name is empty',
  'scrape_configs: [{ job_name: a, kubernetes_sd_configs: [{ role: pods }] }]':
    'unknown Kubernetes SD role "pods"',
  'scrape_configs: [{ job_name: a, relabel_configs: [{ action: keeep }] }]':
    'unknown relabel action "keeep"',
  'scrape_configs: [{ job_name: a, relabel_configs: [{ regex: "(" }] }]':
    'error parsing regexp: missing closing ): `^(?s:()$`',
  'scrape_configs: [{ job_name: a, relabel_configs: [{ source_labels: [b] }] }]':
    "relabel configuration for replace action requires 'target_label' value",
  'a: b: c': 'yaml: line 1: mapping values are not allowed in this context',
};

for (const [text, message] of Object.entries(wrong))
  test(`${text.split('\n').at(-1) ?? ''} is refused`, () => {
    assert.throws(() => parseConfiguration(text), { message });
  });
