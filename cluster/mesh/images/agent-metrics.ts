// What the agent's port shows to a scrape: the proxy's metrics, and behind them the application's own, where its pod asked
// for scrapes before the injection turned them to the agent. Source: istio/istio pilot/cmd/pilot-agent/status (metrics merging).

import { sendRequest } from '../../network/http-client.ts';
import { textResponse } from '../../network/http-server.ts';
import type { HttpResponse } from '../../network/http.ts';
import { HttpError } from '../../network/http-message.ts';
import { type Connection, NetError } from '../../network/network.ts';
import type { Process } from '../../node/process.ts';
import { isFields, stringOf } from '../../schema/fields.ts';
import { BrokenPipe, nothing, readAll, textOf } from '../../streams.ts';
import { parseJson } from '../proxy/peer.ts';

/** As the injection writes it: the annotations the pod had. */
const ANNOTATIONS = 'ISTIO_PROMETHEUS_ANNOTATIONS';
/** An application that does not answer costs its own metrics, not the proxy's. */
const TIMEOUT_MS = 10_000;

export interface AppMetrics {
  port: number;
  path: string;
}

/** Undefined when the application has none to show. */
export function appMetrics(told: string | undefined): AppMetrics | undefined {
  const parsed = told === undefined ? undefined : parseJson(told);
  if (!isFields(parsed) || stringOf(parsed['scrape']) !== 'true') return undefined;
  const port = Number(stringOf(parsed['port']) || '80');
  if (!Number.isInteger(port)) return undefined;
  return { port, path: stringOf(parsed['path']) || '/metrics' };
}

export function appMetricsOf(process: Pick<Process, 'env'>): AppMetrics | undefined {
  return appMetrics(process.env.get(ANNOTATIONS));
}

export function metricsResponse(text: string): HttpResponse {
  return textResponse(200, text, [['content-type', 'text/plain; version=0.0.4; charset=utf-8']]);
}

/** @param log says why the application's are missing. */
export async function mergedMetrics(
  process: Pick<Process, 'net' | 'clock'>,
  proxy: string,
  app: AppMetrics | undefined,
  log: (words: string) => void,
): Promise<HttpResponse> {
  if (!app) return metricsResponse(proxy);
  try {
    return metricsResponse(proxy + (await ask(process, app)));
  } catch (error) {
    if (!(error instanceof NetError || error instanceof HttpError || error instanceof BrokenPipe))
      throw error;
    log(`failed scraping application metrics: ${error.message}`);
    return metricsResponse(proxy);
  }
}

async function ask(
  process: Pick<Process, 'net' | 'clock'>,
  { port, path }: AppMetrics,
): Promise<string> {
  let connection: Connection | undefined;
  const giveUp = process.clock.after(TIMEOUT_MS, () => connection?.reset());
  try {
    connection = await process.net.connect('127.0.0.1', port, { timeoutMs: TIMEOUT_MS });
    const { status, body } = await sendRequest(connection, {
      method: 'GET',
      target: path,
      version: '1.1',
      headers: [
        ['Host', `localhost:${port}`],
        ['Connection', 'close'],
      ],
      body: nothing,
    });
    const text = textOf(await readAll(body));
    if (status !== 200)
      throw new HttpError(
        'MALFORMED',
        `error scraping http://localhost:${port}${path}, status code: ${status}`,
      );
    return text.endsWith('\n') || text === '' ? text : `${text}\n`;
  } finally {
    giveUp();
    connection?.close();
  }
}
