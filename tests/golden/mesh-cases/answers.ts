// Runs of curl in a caller's pod: the script that asks, and what each run printed.

import type { CaseRequest } from './cases.ts';

export interface Answer {
  /** 0: no HTTP answer. */
  status: number;
  /** Lower-case names, all values. */
  headers: Map<string, string[]>;
  body: string;
  curlExit: number;
  /** Cluster seconds. */
  time: number;
  /** The pod that answered, by the body. */
  pod: string | undefined;
}

const MARK = '=*=*=';

/** A shell script that asks `count` times, a new curl each. */
export function askingScript(request: CaseRequest): string {
  const { url, count = 1, parallel = 1, method, headers = {}, host, body, maxTime } = request;
  const words = ['curl', '-s', '-i', '-m', maxTime ? String(parseFloat(maxTime)) : '60'];
  if (method) words.push('-X', method);
  if (request.http === '1.0') words.push('--http1.0');
  for (const [name, value] of Object.entries(headers)) words.push('-H', `${name}: ${value}`);
  if (host) words.push('-H', `Host: ${host}`);
  if (body !== undefined) words.push('-d', body);
  words.push('-w', `\\n${MARK} %{http_code} %{time_total}`, url);
  const once = `${words.map(quoted).join(' ')}; echo " $?"`;
  if (parallel === 1) return `for i in $(seq ${count}); do ${once}; done`;
  return `for i in $(seq ${count}); do (${once}) > /tmp/answer$i & done; wait; for i in $(seq ${count}); do cat /tmp/answer$i; done`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function readAnswers(text: string): Answer[] {
  const answers: Answer[] = [];
  const pattern = new RegExp(`\\n${MARK.replaceAll('*', '\\*')} (\\d+) ([\\d.]+) (\\d+)\\n`, 'g');
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    answers.push(answerOf(text.slice(from, match.index), match));
    from = match.index + match[0].length;
  }
  return answers;
}

function answerOf(text: string, [, status = '0', time = '0', exit = '0']: RegExpExecArray): Answer {
  const end = text.indexOf('\r\n\r\n');
  const head = end === -1 ? '' : text.slice(0, end);
  const body = end === -1 ? text : text.slice(end + 4);
  const headers = new Map<string, string[]>();
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return {
    status: Number(status),
    headers,
    body,
    curlExit: Number(exit),
    time: Number(time),
    pod: /^Server name: (\S+)/m.exec(body)?.[1] ?? /pod=(\S+)/.exec(body)?.[1],
  };
}
