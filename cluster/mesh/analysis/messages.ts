// The messages of `istioctl analyze`: a code, a level, a sentence, and the object it speaks of; their order and their forms.
// Source: "Configuration Analysis Messages" of Istio's reference; levels and sentences of 1.30.3, which learners look up.

import type { KubeObject } from '../../object.ts';

export type Level = 'Error' | 'Warning' | 'Info';

export interface Message {
  code: string;
  level: Level;
  text: string;
  origin: Origin;
}

export interface Origin {
  kind: string;
  name: string;
  /** Absent for objects of the whole cluster. */
  namespace?: string;
}

const LEVELS = {
  IST0101: 'Error',
  IST0102: 'Info',
  IST0103: 'Warning',
  IST0106: 'Error',
  IST0109: 'Error',
  IST0110: 'Error',
  IST0111: 'Error',
  IST0112: 'Error',
  IST0116: 'Warning',
  IST0118: 'Info',
  IST0123: 'Warning',
  IST0127: 'Warning',
  IST0128: 'Warning',
  IST0129: 'Warning',
  IST0130: 'Warning',
  IST0131: 'Info',
  IST0132: 'Warning',
  IST0133: 'Warning',
  IST0137: 'Warning',
  IST0162: 'Warning',
  IST0173: 'Error',
  IST0174: 'Warning',
} as const satisfies Record<string, Level>;

export type Code = keyof typeof LEVELS;

export function message(code: Code, of: KubeObject, text: string): Message {
  const { name, namespace } = of.metadata;
  const origin = { kind: of.kind, name, ...(namespace === undefined ? {} : { namespace }) };
  return { code, level: LEVELS[code], text, origin };
}

const WEIGHT: Record<Level, number> = { Error: 0, Warning: 1, Info: 2 };

/** By level, code and origin; what is said twice is said once. */
export function inOrder(messages: readonly Message[]): Message[] {
  const place = ({ kind, name, namespace = '' }: Origin) => `${kind}/${name}/${namespace}`;
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...new Map(messages.map((each) => [lineOf(each), each])).values()].sort(
    (a, b) =>
      WEIGHT[a.level] - WEIGHT[b.level] ||
      compare(a.code, b.code) ||
      compare(place(a.origin), place(b.origin)) ||
      compare(a.text, b.text),
  );
}

export function originText({ kind, name, namespace }: Origin): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/**
 * As a terminal shows it.
 * @param place where the object is written: `canary.yaml:12`; nothing for one of the cluster's.
 */
export function lineOf(message: Message, place?: string): string {
  const { level, code } = message;
  return `${level} [${code}] ${sayingOf(message, place)}`;
}

/** What follows the level and the code. */
export function sayingOf({ origin, text }: Message, place?: string): string {
  return `(${originText(origin)}${place === undefined ? '' : ` ${place}`}) ${text}`;
}

/** As `-o json` lists it. */
export function jsonOf(
  { level, code, origin, text }: Message,
  place?: string,
): Record<string, string> {
  return {
    code,
    documentationUrl: `https://istio.io/v1.30/docs/reference/config/analysis/${code.toLowerCase()}/?ref=istioctl-analyze`,
    level,
    message: text,
    origin: originText(origin),
    ...(place === undefined ? {} : { reference: place }),
  };
}

export const isCode = (word: string): boolean => word in LEVELS;

/** Whether a level is as bad as another, or worse. */
export const isAtLeast = (level: Level, limit: Level): boolean => WEIGHT[level] <= WEIGHT[limit];
