// The program of Kiali's image: it reads its configuration, serves its API and its own metrics, and writes a log.

import { serveHttp, textResponse } from '../network/http-server.ts';
import type { Process, Program } from '../node/process.ts';
import { FileError } from '../node/file-system.ts';
import { bytesOf, readAll, textOf } from '../streams.ts';
import { timestamp } from '../time.ts';
import type { Hash } from './graph/answer.ts';
import type { ObjectReader } from './inventory.ts';
import { Kiali } from './kiali.ts';
import { PrometheusClient } from './prometheus-client.ts';
import { Routes } from './routes.ts';
import { KIALI_VERSION, readSettings } from './settings.ts';

const CONFIGURATION = '/kiali-configuration/config.yaml';
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

const DONE = 0;
const FAILED = 1;

export interface KialiHost {
  /** The API by a token, which is asked for each time. */
  reader(token: () => string | undefined): ObjectReader;
  hash: Hash;
}

export function kialiProgram(host: KialiHost): Program {
  return async (process) => {
    const log = (level: string, text: string) => {
      const line = `${timestamp(process.clock.now())} ${level} ${text}\n`;
      // Nobody waits for a log line, and a closed log is no reason to stop.
      process.stdout.write(bytesOf(line)).catch(() => {});
    };
    log(
      'INF',
      `Kiali: Version: ${KIALI_VERSION}, simulated: its API answers, its console does not`,
    );
    const path = configurationOf(process);
    const text = readText(process, path);
    if (text === undefined) {
      log('FTL', `open ${path}: no such file or directory`);
      return FAILED;
    }
    const settings = readSettings(text);
    if ('error' in settings) {
      log('FTL', `Failed to parse yaml data. error=${settings.error}`);
      return FAILED;
    }
    const prometheus = new PrometheusClient(process.net, settings.prometheusUrl);
    const now = () => process.clock.now() / 1000;
    const kiali = new Kiali({
      settings,
      reader: host.reader(() => readText(process, TOKEN)?.trim()),
      prometheus,
      hash: host.hash,
      now,
    });
    const routes = new Routes(kiali);
    const counted = { graphs: 0, seconds: 0, failures: 0 };
    process.net.listen(settings.port, (connection) => {
      serveHttp(connection, async ({ method, target, body }) => {
        await readAll(body);
        const began = now();
        const response = await routes.answer(method, target);
        if (target.includes('/graph')) {
          counted.graphs++;
          counted.seconds += now() - began;
        }
        if (response.status >= 500) {
          counted.failures++;
          log('ERR', `${method} ${target.split('?')[0]}: ${response.status}`);
        }
        return response;
      }).catch((error: unknown) => log('ERR', String(error)));
    });
    process.net.listen(settings.metricsPort, (connection) => {
      serveHttp(connection, () =>
        Promise.resolve(textResponse(200, metrics(counted), [['Content-Type', METRICS_TYPE]])),
      ).catch((error: unknown) => log('ERR', String(error)));
    });
    log('INF', `Server endpoint will start at [:${settings.port}${settings.webRoot}]`);
    try {
      await new Promise<void>((resolve, reject) => {
        process.onSignal('SIGTERM', resolve);
        process.onSignal('SIGINT', resolve);
        process.signal.addEventListener('abort', () => reject(process.signal.reason as Error));
      });
      log('INF', `Server endpoint will stop at [:${settings.port}]`);
      return DONE;
    } finally {
      prometheus.close();
    }
  };
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function metrics(counted: { graphs: number; seconds: number; failures: number }): string {
  return [
    '# TYPE kiali_graph_generation_duration_seconds summary',
    `kiali_graph_generation_duration_seconds_sum ${counted.seconds}`,
    `kiali_graph_generation_duration_seconds_count ${counted.graphs}`,
    '# TYPE kiali_api_failures_total counter',
    `kiali_api_failures_total ${counted.failures}`,
    '',
  ].join('\n');
}

/** `-config path` */
function configurationOf({ argv }: Process): string {
  const at = argv.findIndex((word) => word === '-config' || word === '--config');
  const joined = argv.find((word) => /^--?config=/.test(word));
  return joined?.replace(/^--?config=/, '') ?? (at === -1 ? CONFIGURATION : (argv[at + 1] ?? ''));
}

function readText(process: Process, path: string): string | undefined {
  try {
    return textOf(process.fs.readFile(path));
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}
