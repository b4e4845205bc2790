// The one page of the simulated Prometheus: a query box with its answer, and what is scraped. It says that it is not the real one's.

import type { ScrapeLoop } from '../scrape/scrape-loop.ts';
import { scrapeUrl } from '../scrape/target.ts';

export interface QueryShown {
  expression: string;
  /** Rows of series and value, or why there are none. */
  rows: readonly (readonly [series: string, value: string])[];
  note: string;
}

/** Rows shown: a page, not a dump. */
export const MAX_ROWS = 500;

export function page(shown: QueryShown | undefined, loops: readonly ScrapeLoop[]): string {
  const rows = (shown?.rows ?? [])
    .slice(0, MAX_ROWS)
    .map(
      ([series, value]) =>
        `<tr><td><code>${escaped(series)}</code></td><td>${escaped(value)}</td></tr>`,
    )
    .join('\n');
  const targets = loops
    .map(
      ({ target, state }) =>
        `<tr><td>${escaped(target.job)}</td><td><code>${escaped(scrapeUrl(target))}</code></td><td>${state.health}</td><td>${escaped(state.lastError)}</td></tr>`,
    )
    .join('\n');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Prometheus</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color-scheme: light dark; }
input { font: 15px/1.5 ui-monospace, monospace; width: 100%; box-sizing: border-box; padding: .4rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .25rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Prometheus</h1>
<p>This is a simulated Prometheus: its HTTP API answers as the real one's does, its web interface is this page.</p>
<form method="get" action="">
<p><label for="expression">Expression</label>
<input id="expression" name="expr" value="${escaped(shown?.expression ?? '')}" placeholder="sum by (destination_service_name) (rate(istio_requests_total[1m]))"></p>
<p><button>Execute</button></p>
</form>
${shown ? `<p>${escaped(shown.note)}</p>\n<table>\n${rows}\n</table>` : ''}
<h2>Targets</h2>
<table>
<tr><th>Job</th><th>Endpoint</th><th>State</th><th>Error</th></tr>
${targets}
</table>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
