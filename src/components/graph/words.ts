// The graph in words and figures, for people who read no YAML: what a line says, what a service says, and why there is no picture.
// Pure.

import type { GraphGap, MeshCode, MeshNode, MeshVersion } from '../../../protocol/graph.ts';
import type { DrawnCall, Picture } from './picture.ts';
import { byTrouble, totals } from './picture.ts';

/** What Envoy's flags mean. Source: Envoy's documentation, "Response flags". */
const FLAGS: Readonly<Record<string, string>> = {
  DC: 'the caller hung up',
  FI: 'a fault was injected',
  LR: 'the connection was reset',
  NC: 'the rule names a version that does not exist',
  NR: 'no route fits',
  UAEX: 'a policy said no',
  UC: 'the connection broke',
  UF: 'no connection could be made',
  UH: 'no healthy pod was left',
  UO: 'the circuit breaker was open',
  URX: 'every retry failed',
  UT: 'it took too long',
};

/** `27.1%`, `0%`, `<0.1%`. */
export function percent(part: number): string {
  if (part <= 0) return '0%';
  if (part < 0.0005) return '<0.1%';
  const value = part * 100;
  return `${value >= 99.95 ? '100' : value.toFixed(1).replace(/\.0$/, '')}%`;
}

/** `5.3/s`, `18 kB/s`. */
export function rateOf({ protocol, rate }: Pick<DrawnCall, 'protocol' | 'rate'>): string {
  return protocol === 'tcp' ? bytes(rate) : `${figure(rate)}/s`;
}

function figure(rate: number): string {
  if (rate > 0 && rate < 0.05) return '<0.1';
  return rate < 100 ? rate.toFixed(1) : grouped(rate);
}

function bytes(rate: number): string {
  if (rate < 1_000) return `${Math.round(rate)} B/s`;
  const [value, unit] = rate < 1_000_000 ? [rate / 1_000, 'kB'] : [rate / 1_000_000, 'MB'];
  return `${value < 10 ? value.toFixed(1) : grouped(value)} ${unit}/s`;
}

/** `41 ms`, `1,840 ms`. */
export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1).replace(/\.0$/, '')} ms` : `${grouped(value)} ms`;
}

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** `last 60 s, 13.6 requests/s, 6% failed`. */
export function summary(picture: Picture): string {
  const { rate, failed } = totals(picture);
  const span = `last ${picture.seconds} s`;
  if (picture.calls.every(({ idle }) => idle)) return `${span}, no calls`;
  return `${span}, ${figure(rate)} requests/s, ${percent(failed)} failed`;
}

/** Under the name of a service. */
export function underName(node: MeshNode): string {
  const failed = failedOf(node);
  if (node.health === 'failure' && failed > 0) return `${percent(failed)} fail`;
  if (node.kind === 'unknown') return 'no proxy';
  if (node.kind === 'outside') return 'outside the mesh';
  const pods = podsOf(node);
  const [only] = node.versions.length === 1 ? node.versions : [];
  const version = only && only.name !== 'latest' && only.name !== '' ? only.name : undefined;
  const proxy = node.proxy ? undefined : 'no proxy';
  return [pods, version, proxy, node.tcp ? 'tcp' : undefined].filter(Boolean).join(', ');
}

function podsOf({ pods }: MeshNode): string | undefined {
  if (!pods) return undefined;
  const { wanted, available } = pods;
  if (available < wanted) return `${available} of ${wanted} pods`;
  return wanted === 1 ? '1 pod' : `${wanted} pods`;
}

export function failedOf({ versions }: MeshNode): number {
  return versions.reduce((sum, { share = 0, failed }) => sum + share * failed, 0);
}

/** A version's name in a row; requests without one reached no pod. */
export function versionName({ name }: MeshVersion): string {
  return name === '' ? 'no pod' : name;
}

/** A call as one thing: `frontend → backend`. */
export function callName(call: DrawnCall, nameOf: (id: string) => string): string {
  return `${nameOf(call.from)} → ${nameOf(call.to)}`;
}

/** A call in one breath, for those who hear it. */
export function callLabel(call: DrawnCall, nameOf: (id: string) => string): string {
  const ends = `${nameOf(call.from)} calls ${nameOf(call.to)}`;
  if (call.idle) return `${ends}: not now`;
  const parts = [
    rateOf(call).replace('/s', ' a second'),
    call.failed > 0 ? `${percent(call.failed)} fail` : undefined,
    call.p95 === undefined ? undefined : `95% under ${milliseconds(call.p95)}`,
    isEncrypted(call) ? 'mutual TLS' : undefined,
  ];
  return `${ends}: ${parts.filter(Boolean).join(', ')}`;
}

export const isEncrypted = ({ mtls }: Pick<DrawnCall, 'mtls'>): boolean => mtls >= 0.995;

export function encrypted({ mtls, idle }: DrawnCall): string {
  if (idle) return '–';
  if (isEncrypted({ mtls })) return 'mutual TLS';
  return mtls <= 0 ? 'no' : `${percent(mtls)} of it`;
}

export function seenBy(
  call: DrawnCall,
  nameOf: (id: string) => string,
  hasProxy: (id: string) => boolean,
): string {
  if (call.idle) return 'no traffic';
  if (!call.oneSided) return 'both sides';
  const sides = [call.from, call.to].filter(hasProxy).map(nameOf);
  return sides.length > 0 ? `${sides.join(' and ')} only` : 'one side only';
}

/** Codes that are not a success, the most frequent first: `503`, `503, 404`. */
export function troubleCodes(codes: readonly MeshCode[]): string {
  const wrong = codes.filter(
    ({ code, share }) => share > 0 && (code === '-' || /^[45]/.test(code)),
  );
  return wrong
    .slice(0, 3)
    .map(({ code }) => (code === '-' ? 'no answer' : code))
    .join(', ');
}

/** What a call's figures mean, in sentences. */
export function callStory(call: DrawnCall): string {
  if (call.idle) return 'Nothing was asked in this time. It was before.';
  if (call.protocol === 'tcp')
    return 'These are bytes: the proxies see a connection and not what it says, so nothing here can count as failed.';
  return [failureStory(call), refusalStory(call), splitStory(call)].filter(Boolean).join(' ');
}

function failureStory({ failed, codes }: DrawnCall): string {
  if (failed <= 0) return 'Every request was answered.';
  const reasons = codes
    .filter(({ code }) => code === '-' || code.startsWith('5'))
    .map(({ code, flags }) => {
      const why = flags.map((flag) => FLAGS[flag]).filter(Boolean);
      const said = code === '-' ? 'without an answer' : `as ${code}`;
      return why.length > 0 ? `${said} (${why.join(', ')})` : said;
    });
  const back = reasons.length > 0 ? ` They come back ${reasons.slice(0, 3).join(', ')}.` : '';
  return `${howMany(failed)} failed.${back}`;
}

function howMany(part: number): string {
  if (part >= 0.995) return 'Every request';
  if (part >= 0.55) return 'More than half of the requests';
  if (part >= 0.45) return 'About half of the requests';
  const one = Math.round(1 / part);
  return one <= 20
    ? `About one request in ${NUMBERS[one] ?? one}`
    : `${percent(part)} of the requests`;
}

const NUMBERS: Readonly<Record<number, string>> = {
  2: 'two',
  3: 'three',
  4: 'four',
  5: 'five',
  6: 'six',
  7: 'seven',
  8: 'eight',
  9: 'nine',
  10: 'ten',
};

function refusalStory({ refused }: DrawnCall): string {
  return refused > 0
    ? `${percent(refused)} were answered with a code from 400 to 499: the caller asked for what is not there, or may not.`
    : '';
}

function splitStory({ split }: DrawnCall): string {
  const got = split.filter(({ share = 0 }) => share > 0);
  if (got.length === 0 || (got.length === 1 && got[0]?.name !== '')) return '';
  const parts = got.map((version) => {
    const share = percent(version.share ?? 0);
    if (version.name === '') return `${share} reached no pod`;
    const fails = version.failed > 0 ? `, which fails ${percent(version.failed)} of it` : '';
    return `${share} went to ${version.name}${fails}`;
  });
  return `${parts.join('; ')}.`;
}

/** Trouble that an overview names; the table has all of it. */
const NAMED = 3;

/** Of the whole picture, while nothing of it is chosen. */
export function overview(
  { calls }: Pick<Picture, 'calls'>,
  nameOf: (id: string) => string,
): string {
  const choose = 'Choose a service or a call to see what is known of it.';
  const failing = byTrouble(calls).filter(({ idle, health }) => !idle && health !== 'healthy');
  if (failing.length === 0) return choose;
  const named = failing
    .slice(0, NAMED)
    .map(
      (call) =>
        `${callName(call, nameOf)} (${percent(call.failed > 0 ? call.failed : call.refused)})`,
    );
  const more = failing.length > NAMED ? ` and ${failing.length - NAMED} more` : '';
  const many = failing.length === 1 ? 'One call fails' : `${failing.length} calls fail`;
  return `${many}: ${named.join(', ')}${more}. ${choose}`;
}

/** What a service's figures mean. */
export function nodeStory(node: MeshNode): string {
  if (node.kind === 'unknown')
    return 'Whoever calls from here has no proxy, so the mesh sees that somebody calls, and not who.';
  if (node.kind === 'outside') return 'This lies beyond the mesh: only the callers’ proxies count.';
  const sentences = [
    node.proxy
      ? ''
      : 'Some of its pods have no proxy, and what they do is counted by others alone.',
    sickStory(node),
    node.rules.length > 0 ? `The mesh has rules for it: ${node.rules.join(', ')}.` : '',
  ];
  const told = sentences.filter(Boolean).join(' ');
  return told || 'It answers whatever it is asked.';
}

function sickStory(node: MeshNode): string {
  const bad = node.versions.filter(({ failed, share = 0 }) => failed > 0 && share > 0);
  const parts = bad.map((version) =>
    version.name === ''
      ? `${percent(version.share ?? 0)} of what it is asked reaches no pod`
      : `${node.versions.length > 1 ? version.name : 'It'} fails ${percent(version.failed)} of what it gets`,
  );
  return parts.length > 0 ? `${parts.join('; ')}.` : '';
}

const MAKE_KIALI = '`make kiali` in `labs/01-foundation` starts them.';

export function gapWords(
  gap: GraphGap,
  detail: string | undefined,
  namespaces: readonly string[],
): string {
  switch (gap) {
    case 'no cluster':
      return 'There is no cluster yet. `make kind-up` in `labs/01-foundation` starts one.';
    case 'no kiali':
      return `Prometheus and Kiali, which count and draw, are not there yet. ${MAKE_KIALI}`;
    case 'starting':
      return 'Kiali is starting. `kubectl get pods -n istio-system` shows how far it is.';
    case 'no prometheus':
      return `Kiali is there, but its Prometheus does not answer, so nothing is counted. ${MAKE_KIALI}`;
    case 'no namespace':
      return `Kiali knows no namespace ${namespaces.join(', ')}, or may not look into it. \`kubectl get namespaces\` lists what there is.`;
    case 'no answer':
      return `Kiali gave no graph${detail ? `. It said: ${detail}` : ''}. This page tries again each second.`;
  }
}

/** Where a lab is and no call is. */
export function quietWords(seconds: number): string {
  return `No calls in the last ${seconds} s. The first ones show here about two seconds after they are made; only what passes a proxy counts.`;
}
