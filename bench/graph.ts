// The mesh graph in Chromium: sixty services with new figures each second, as a learner sees them; what its scripts weigh, and how long
// a frame takes from Kiali's answer to the page's. The lab is the browser tests' double.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CDPSession, chromium } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/browser.ts';
import { readGraph } from '../server/kiali/kiali-graph.ts';
import { meshFrame } from '../server/kiali/mesh-frame.ts';
import { buildParts, PARTS } from '../tests/e2e/build-pages.ts';
import { serveStatic } from '../tests/e2e/static-server.ts';
// window.labDouble, in the page.
import type {} from '../tests/fixtures/site/lab-double.ts';
import { median, percentile, type Figure } from './figure.ts';

const PAGE = '/module-2/the-graph/?lab=open';
const SERVICES = 60;
/** Seconds with new figures that are watched. */
const WATCHED_S = 10;
const TRANSLATIONS = 50;
/** The browser draws 60 times a second; a hitch that lasts three of these is felt. */
const FRAME_MS = 1_000 / 60;

export async function graphFigures(tell: (figure: Figure) => void): Promise<void> {
  tell(translation());
  await buildParts();
  tell(scripts());
  (await frames()).forEach(tell);
}

/** Kiali's answer for sixty services → the frame that a page gets. */
function translation(): Figure {
  const text = JSON.stringify(kialiAnswer());
  const before = process.cpuUsage();
  for (let time = 0; time < TRANSLATIONS; time++) {
    const answer = readGraph(JSON.parse(text));
    if (!answer) throw new Error('the bench’s graph is none');
    JSON.stringify(meshFrame(answer));
  }
  const { user, system } = process.cpuUsage(before);
  return {
    figure: `graph of ${SERVICES} services, Kiali’s answer to the page’s frame`,
    value: (user + system) / 1_000 / TRANSLATIONS,
    unit: 'ms of the processor',
    bar: { limit: 30, is: 'at most' },
  };
}

/** What a page with a graph fetches besides, once the graph is seen. */
function scripts(): Figure {
  const directory = join(PARTS, '_astro');
  const own = readdirSync(directory).filter((name) => /^live-graph\..*\.js$/.test(name));
  const bytes = own.map(
    (name) => gzipSync(readFileSync(join(directory, name)), { level: 9 }).length,
  );
  return {
    figure: 'JavaScript of the graph, fetched when it is seen',
    value: bytes.reduce((sum, each) => sum + each, 0) / 1_000,
    unit: 'kB',
    bar: { limit: 40, is: 'at most' },
  };
}

async function frames(): Promise<Figure[]> {
  const site = await serveStatic(PARTS);
  const executablePath = findChromium();
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: CHROMIUM_FLAGS,
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(site.origin + PAGE);
    await page.evaluate(tellSixty, SERVICES);
    await page.locator('mesh-graph').scrollIntoViewIfNeeded();
    await page
      .locator('mesh-graph g.node')
      .nth(SERVICES - 1)
      .waitFor({ state: 'attached' });
    const devtools = await page.context().newCDPSession(page);
    // The thread's own time: what else runs on the machine does not count.
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const work = async () => {
      const before = await busy(devtools);
      const { gaps, updates } = await page.evaluate(watch, WATCHED_S * 1_000);
      return { gaps, updates, spent: (await busy(devtools)) - before };
    };
    const { gaps, updates, spent } = await work();
    // The same page that asks and draws nothing new: what watching itself costs.
    await page.getByRole('button', { name: 'Hold still' }).click();
    const still = await work();
    return [
      {
        figure: `graph of ${SERVICES} services, work of the page for new figures`,
        value: spent / updates.length - still.spent / still.updates.length,
        unit: 'ms of the processor',
        bar: { limit: 3 * FRAME_MS, is: 'at most' },
      },
      {
        // Of this machine at this moment: watched, without a bar.
        figure: `graph of ${SERVICES} services, a frame of the screen`,
        value: percentile(gaps, 99),
        unit: 'ms (99th of 100)',
      },
      {
        figure: `graph of ${SERVICES} services, an answer until it is drawn`,
        value: median(updates),
        unit: 'ms',
      },
    ];
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Milliseconds that the page's main thread has worked since it began. */
async function busy(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  return seconds * 1_000;
}

/** In the page: a lab whose figures change with each question. */
function tellSixty(services: number): void {
  const nodes = Array.from({ length: services }, (_, at) => ({
    id: `default/service-${at}`,
    name: `service-${at}`,
    namespace: 'default',
    kind: 'service' as const,
    proxy: true,
    tcp: false,
    health: 'healthy' as const,
    versions: [{ name: 'v1', share: 1, failed: 0 }],
    rules: [],
  }));
  const pairs = nodes.flatMap((_, at) =>
    at === 0 ? [] : [[(at - 1) / 3, at] as const, ...(at % 4 === 0 ? [[at / 5, at] as const] : [])],
  );
  const start = Date.now();
  window.labDouble.tellGraph = ({ seconds }) => {
    const tick = window.labDouble.graphsAsked.length;
    return {
      state: 'seen',
      frame: {
        at: start + tick * 1_000,
        seconds,
        nodes,
        calls: pairs.map(([from, to], at) => {
          const failed = (at + tick) % 17 === 0 ? 0.15 : 0;
          return {
            id: `${Math.floor(from)} ${to} ${at}`,
            from: `default/service-${Math.floor(from)}`,
            to: `default/service-${to}`,
            protocol: 'http' as const,
            rate: 1 + ((at * 7 + tick) % 40),
            failed,
            refused: 0,
            health: failed > 0 ? ('failure' as const) : ('healthy' as const),
            p95: 20 + at + tick,
            mtls: 1,
            oneSided: false,
            codes: [{ code: failed > 0 ? '503' : '200', share: 1, flags: [] }],
            split: [],
          };
        }),
      },
    };
  };
}

/** In the page: times between frames of the screen, and how long after its answer each update was drawn. */
function watch(forMs: number): Promise<{ gaps: number[]; updates: number[] }> {
  const gaps: number[] = [];
  const updates: number[] = [];
  const { tellGraph } = window.labDouble;
  let told: number | undefined;
  window.labDouble.tellGraph = (question) => {
    told = performance.now();
    return tellGraph(question);
  };
  return new Promise((resolve) => {
    const began = performance.now();
    let last = began;
    const frame = () => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (told !== undefined) {
        updates.push(now - told);
        told = undefined;
      }
      if (now - began < forMs) requestAnimationFrame(frame);
      else resolve({ gaps, updates });
    };
    requestAnimationFrame(frame);
  });
}

function kialiAnswer(): unknown {
  const nodes = Array.from({ length: SERVICES }, (_, at) => ({
    data: {
      id: `n${at}`,
      nodeType: 'app',
      namespace: 'default',
      app: `service-${at}`,
      workload: `service-${at}`,
      version: 'v1',
      healthData: { workloadStatus: { desiredReplicas: 2, availableReplicas: 2 } },
    },
  }));
  const edges = Array.from({ length: SERVICES * 2 }, (_, at) => ({
    data: {
      id: `e${at}`,
      source: `n${Math.floor(at / 3)}`,
      target: `n${Math.min(SERVICES - 1, Math.floor(at / 2) + 1)}`,
      isMTLS: '100.0',
      responseTime: '42',
      traffic: {
        protocol: 'http',
        rates: { http: '12.50', http5xx: '0.50', httpPercentErr: '4.0', httpPercentReq: '100.0' },
        responses: {
          '200': { flags: { '-': '96.0' }, hosts: { service: '96.0' } },
          '503': { flags: { UH: '4.0' }, hosts: { service: '4.0' } },
        },
      },
    },
  }));
  return { timestamp: 1, duration: 60, graphType: 'versionedApp', elements: { nodes, edges } };
}
