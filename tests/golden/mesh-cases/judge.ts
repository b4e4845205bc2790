// What is wrong with the answers to one request, in sentences; nothing when they are as expected.

import type { Answer } from './answers.ts';
import { type HeaderExpectation, type HowMany, type RequestExpectation, seconds } from './cases.ts';

export interface Seen {
  answers: readonly Answer[];
  /** Response flags of the caller's proxy, one a request; undefined for a caller without one. */
  flags: readonly string[] | undefined;
  /** Requests that applications got, by Deployment. */
  upstream: Readonly<Record<string, number>>;
  /** The caller's usual time for a plain request, in seconds. */
  usual: number;
}

export function faultsOf(expect: RequestExpectation, seen: Seen): string[] {
  const { answers } = seen;
  const faults: string[] = [];
  const count = answers.length;
  const check = (holds: boolean, text: string) => {
    if (!holds) faults.push(text);
  };
  const statuses = tally(answers.map(({ status }) => String(status)));
  const wanted =
    typeof expect.status === 'number' ? { [expect.status]: 'all' as const } : (expect.status ?? {});
  for (const [status, howMany] of Object.entries(wanted))
    check(
      fits(howMany, statuses[status] ?? 0, count),
      `status ${status} wanted ${JSON.stringify(howMany)}, got ${JSON.stringify(statuses)}: ${JSON.stringify(answers[0]?.body)}`,
    );
  const pods = answers.flatMap(({ pod }) => pod ?? []);
  for (const [deployment, howMany] of Object.entries(expect.answeredBy ?? {})) {
    const number = pods.filter((pod) => isOf(pod, deployment)).length;
    check(
      fits(howMany, number, count),
      `answered by ${deployment} wanted ${JSON.stringify(howMany)}, got ${number} of ${count}: ${JSON.stringify(tally(pods))} ${JSON.stringify(statuses)}`,
    );
  }
  if (expect.pods) {
    const shares = Object.values(tally(pods)).map((number) => number / count);
    const { distinct, minShare = 0, maxShare = 1 } = expect.pods;
    if (distinct !== undefined)
      check(shares.length === distinct, `pods wanted ${distinct}, got ${shares.length}`);
    check(
      shares.every((share) => share >= minShare && share <= maxShare),
      `shares ${shares.join(', ')}`,
    );
  }
  for (const answer of answers) {
    const found = bodyFault(expect, answer) ?? headersFault(expect.headers ?? {}, answer);
    if (found) {
      faults.push(found);
      break;
    }
  }
  for (const { answeredBy, headers } of expect.pairs ?? [])
    for (const answer of answers) {
      const own = isOf(answer.pod ?? '', answeredBy);
      const found = own ? headersFault(headers, answer) : undefined;
      if (found) {
        faults.push(`${answeredBy}: ${found}`);
        break;
      }
    }
  if (expect.curlExit !== undefined) {
    const allowed = [expect.curlExit].flat();
    const exits = tally(answers.map(({ curlExit }) => String(curlExit)));
    check(
      answers.every(({ curlExit }) => allowed.includes(curlExit)),
      `curl exit wanted ${allowed.join('|')}, got ${JSON.stringify(exits)}`,
    );
  }
  if (expect.time) faults.push(...timeFaults(expect.time, answers, seen.usual));
  if (expect.flag !== undefined && seen.flags) {
    const { flag } = expect;
    const holds = (each: string) =>
      typeof flag === 'string'
        ? each === flag
        : Array.isArray(flag)
          ? flag.includes(each)
          : each.split(',').includes(flag.contains);
    check(
      seen.flags.length === count && seen.flags.every(holds),
      `flag wanted ${JSON.stringify(flag)}, got ${JSON.stringify(tally(seen.flags))}`,
    );
  }
  for (const [deployment, howMany] of Object.entries(expect.upstream ?? {})) {
    const number = seen.upstream[deployment] ?? 0;
    check(
      fits(howMany, number, count),
      `upstream ${deployment} wanted ${JSON.stringify(howMany)}, got ${number}`,
    );
  }
  return faults;
}

function timeFaults(
  { of, under }: { of?: string; under?: string },
  answers: readonly Answer[],
  usual: number,
): string[] {
  const times = answers.map(({ time }) => time - usual);
  const wrong = times.filter((time) => {
    if (under !== undefined && time >= seconds(under)) return true;
    if (of === undefined) return false;
    const wanted = seconds(of);
    return time < 0.9 * wanted - usual || time > 1.5 * wanted + 0.3;
  });
  return wrong.length > 0 ? [`time wanted ${of ?? `under ${under}`}, got ${wrong.join(', ')}`] : [];
}

function bodyFault({ body }: RequestExpectation, answer: Answer): string | undefined {
  if (!body) return undefined;
  const { equals, bytes, contains = [], lacks = [] } = body;
  const wrong =
    (equals !== undefined && answer.body !== equals) ||
    (bytes !== undefined && Buffer.byteLength(answer.body) !== bytes) ||
    contains.some((part) => !answer.body.includes(part)) ||
    lacks.some((part) => answer.body.includes(part));
  return wrong
    ? `body wanted ${JSON.stringify(body)}, got ${JSON.stringify(answer.body)}`
    : undefined;
}

function headersFault(
  expected: Record<string, HeaderExpectation>,
  { headers }: Answer,
): string | undefined {
  for (const [name, wanted] of Object.entries(expected)) {
    const values = headers.get(name.toLowerCase());
    if (!headerFits(wanted, values))
      return `header ${name} wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(values)}`;
  }
  return undefined;
}

function headerFits(wanted: HeaderExpectation, values: string[] | undefined): boolean {
  if (wanted === null) return values === undefined;
  if (!values) return false;
  if (typeof wanted === 'string') return values.length === 1 && values[0] === wanted;
  if ('present' in wanted) return true;
  if ('regex' in wanted) return values.some((value) => new RegExp(wanted.regex).test(value));
  return [...values].sort().join('\n') === [...wanted.all].sort().join('\n');
}

export function fits(howMany: HowMany, number: number, count: number): boolean {
  if (howMany === 'all') return number === count;
  if (howMany === 'none') return number === 0;
  if (typeof howMany === 'number') return number === howMany;
  if ('share' in howMany) return Math.abs(number / count - howMany.share) <= howMany.tol;
  return number >= (howMany.min ?? 0) && number <= (howMany.max ?? Infinity);
}

function isOf(pod: string, deployment: string): boolean {
  return (
    pod.startsWith(`${deployment}-`) && pod.slice(deployment.length + 1).split('-').length === 2
  );
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
