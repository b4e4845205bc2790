// promtool, as far as people use it inside the pod: checks of a configuration, and queries of a server.
// Source: Prometheus docs, command-line (promtool).

import { HttpError } from '../network/http-message.ts';
import { sendRequest } from '../network/http-client.ts';
import { isIPv4 } from '../network/addresses.ts';
import { type Connection, NetError } from '../network/network.ts';
import { FileError } from '../node/file-system.ts';
import type { Process, Program } from '../node/process.ts';
import { at, fieldsOf, stringMapOf, stringOf } from '../schema/fields.ts';
import { BrokenPipe, bytesOf, nothing, readAll, textOf } from '../streams.ts';
import { parseConfiguration } from './configuration/configuration.ts';
import { ConfigurationError } from './configuration/section.ts';
import { Labels } from './labels.ts';

const FAILED = 1;

export function promtool(version: string): Program {
  return async (process) => {
    const words = process.argv.slice(1).filter((word) => !word.startsWith('--'));
    const [command = '', what = '', ...rest] = words;
    if (process.argv.includes('--version'))
      return say(process, `promtool, version ${version} (simulated)\n`);
    if (command === 'check' && what === 'config') return checkConfigurations(process, rest);
    if (command === 'check' && what === 'healthy') return checkServer(process, rest[0], 'healthy');
    if (command === 'check' && what === 'ready') return checkServer(process, rest[0], 'ready');
    if (command === 'query' && what in QUERIES) return query(process, what, rest);
    return fault(
      process,
      `promtool: ${words.join(' ') || 'no command'}: the simulated promtool knows check config, check healthy, check ready, query instant, query range, query series and query labels\n`,
    );
  };
}

async function say(process: Process, text: string): Promise<number> {
  await process.stdout.write(bytesOf(text));
  return 0;
}

async function fault(process: Process, text: string): Promise<number> {
  await process.stderr.write(bytesOf(text));
  return FAILED;
}

async function checkConfigurations(process: Process, files: readonly string[]): Promise<number> {
  let code = 0;
  for (const file of files) {
    await say(process, `Checking ${file}\n`);
    const wrong = faultOf(process, file);
    if (wrong === undefined)
      await say(process, ` SUCCESS: ${file} is valid prometheus config file syntax\n\n`);
    else {
      await fault(process, `  FAILED: ${wrong}\n\n`);
      code = FAILED;
    }
  }
  return code;
}

function faultOf(process: Process, file: string): string | undefined {
  try {
    parseConfiguration(textOf(process.fs.readFile(file)));
    return undefined;
  } catch (error) {
    if (error instanceof FileError) return `stat ${file}: no such file or directory`;
    if (error instanceof ConfigurationError) return `parsing YAML file ${file}: ${error.message}`;
    throw error;
  }
}

async function checkServer(
  process: Process,
  server = 'http://localhost:9090',
  what: 'healthy' | 'ready',
): Promise<number> {
  const answer = await get(process, `${server}/-/${what}`);
  if ('error' in answer) return fault(process, `  FAILED: ${answer.error}\n`);
  if (answer.status === 200) return say(process, `  SUCCESS: ${answer.text.trim()}\n`);
  return fault(process, `  FAILED: check failed: URL=${server}, status=${answer.status}\n`);
}

/** What is asked of the API, and what its arguments are called there. */
const QUERIES: Readonly<Record<string, { path: string; argument: string }>> = {
  instant: { path: 'query', argument: 'query' },
  range: { path: 'query_range', argument: 'query' },
  series: { path: 'series', argument: 'match[]' },
  labels: { path: 'label', argument: '' },
};

const DEFAULT_RANGE_S = 300;
const DEFAULT_POINTS = 250;

async function query(
  process: Process,
  what: string,
  [server = '', argument = '']: readonly string[],
): Promise<number> {
  const asked = QUERIES[what];
  if (!asked || server === '')
    return fault(process, `promtool: error: required argument 'server' not provided\n`);
  const parameters = new URLSearchParams();
  if (what === 'series')
    for (const match of flags(process, 'match')) parameters.append('match[]', match);
  else if (what !== 'labels') parameters.set(asked.argument, argument);
  const now = process.clock.now() / 1000;
  if (what === 'range') {
    const end = Number(flags(process, 'end')[0] ?? now);
    const start = Number(flags(process, 'start')[0] ?? end - DEFAULT_RANGE_S);
    const step =
      flags(process, 'step')[0] ?? String(Math.max(1, Math.floor((end - start) / DEFAULT_POINTS)));
    for (const [name, value] of Object.entries({ start, end, step }))
      parameters.set(name, String(value));
  }
  const path = what === 'labels' ? `label/${encodeURIComponent(argument)}/values` : asked.path;
  const answer = await get(process, `${server}/api/v1/${path}?${parameters.toString()}`);
  if ('error' in answer) return fault(process, `query error: ${answer.error}\n`);
  const parsed = fieldsOf(JSON.parse(answer.text) as unknown);
  if (parsed['status'] !== 'success')
    return fault(
      process,
      `query error: ${stringOf(parsed['errorType'])}: ${stringOf(parsed['error'])}\n`,
    );
  return say(process, shown(parsed['data']));
}

function flags(process: Process, name: string): string[] {
  return process.argv.flatMap((word) =>
    word.startsWith(`--${name}=`) ? [word.slice(name.length + 3)] : [],
  );
}

/** `up{job="a"} => 1 @[1795948016.705]`, as the client library prints samples. */
function shown(data: unknown): string {
  if (Array.isArray(data))
    return data
      .map((each: unknown) =>
        typeof each === 'string' ? `${each}\n` : `${Labels.from(stringMapOf(each)).toString()}\n`,
      )
      .join('');
  const result = at(data, 'result');
  if (at(data, 'resultType') === 'scalar' && Array.isArray(result))
    return `scalar: ${String(result[1])} @[${String(result[0])}]\n`;
  if (!Array.isArray(result)) return `${JSON.stringify(result)}\n`;
  return result
    .map((each: unknown) => {
      const name = Labels.from(stringMapOf(at(each, 'metric'))).toString();
      const one = at(each, 'value');
      const many = at(each, 'values');
      if (Array.isArray(many))
        return `${name} =>\n${many.map((pair) => pointText(pair)).join('\n')}\n`;
      return Array.isArray(one) ? `${name} => ${pointText(one)}\n` : '';
    })
    .join('');
}

function pointText(pair: unknown): string {
  return Array.isArray(pair) ? `${String(pair[1])} @[${String(pair[0])}]` : '';
}

type Got = { status: number; text: string } | { error: string };

async function get(process: Process, url: string): Promise<Got> {
  const [, host = '', port = '9090', target = '/'] =
    /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)$/.exec(url) ?? [];
  const called = `Get ${JSON.stringify(url)}: `;
  if (host === '') return { error: `${called}unsupported protocol scheme ""` };
  let connection: Connection | undefined;
  try {
    const ip = isIPv4(host) ? host : (await process.net.lookup(host))[0];
    if (ip === undefined) return { error: `${called}dial tcp: lookup ${host}: no such host` };
    connection = await process.net.connect(ip, Number(port));
    const { status, body } = await sendRequest(connection, {
      method: 'GET',
      target,
      version: '1.1',
      headers: [
        ['Host', `${host}:${port}`],
        ['User-Agent', 'promtool'],
      ],
      body: nothing,
    });
    return { status, text: textOf(await readAll(body)) };
  } catch (error) {
    if (error instanceof NetError)
      return {
        error: `${called}dial tcp ${host}:${port}: connect: ${error.message.toLowerCase()}`,
      };
    if (error instanceof HttpError || error instanceof BrokenPipe) return { error: `${called}EOF` };
    throw error;
  } finally {
    connection?.close();
  }
}
