// The data-plane cases as data: what is applied, asked and expected. README in the recordings' folder has the meaning of each
// field; here are those that the runner reads.

import { readFileSync, readdirSync } from 'node:fs';
import { parse } from 'yaml';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

export type HowMany =
  number | 'all' | 'none' | { min?: number; max?: number } | { share: number; tol: number };
export type HeaderExpectation =
  string | null | { present: true } | { regex: string } | { all: string[] };

export interface RequestExpectation {
  status?: number | Record<string, HowMany>;
  answeredBy?: Record<string, HowMany>;
  pods?: { distinct?: number; minShare?: number; maxShare?: number };
  body?: { equals?: string; bytes?: number; contains?: string[]; lacks?: string[] };
  headers?: Record<string, HeaderExpectation>;
  pairs?: { answeredBy: string; headers: Record<string, HeaderExpectation> }[];
  curlExit?: number | number[];
  time?: { of?: string; under?: string };
  flag?: string | { contains: string } | string[];
  upstream?: Record<string, HowMany>;
}

export interface CaseRequest {
  id?: string;
  from: string;
  url: string;
  count?: number;
  parallel?: number;
  method?: string;
  headers?: Record<string, string>;
  host?: string;
  http?: '1.0';
  body?: string;
  maxTime?: string;
  expect?: RequestExpectation;
}

export interface MetricExpectation {
  name: string;
  labels: Record<string, string>;
  increase?: HowMany;
  series?: 'none';
  missing?: string[];
}

export type KialiExpectation =
  | { edge: [from: string, to: string]; colour?: string; health?: string; protocol?: string }
  | { node: string; present: boolean };

export interface CaseExpectation {
  metrics?: MetricExpectation[];
  accessLog?: { of: string; container: string; lines: HowMany; regex: string }[];
  injected?: Record<string, boolean>;
  rejected?: { kind: string; name: string; message: string }[];
  warnings?: string[];
  analyze?: { namespace: string; codes?: string[]; absent?: string[] };
  podCreation?: Record<string, { fails: string }>;
  kiali?: KialiExpectation[];
}

export interface Phase {
  apply?: (Manifest | { pause: string })[];
  delete?: { kind: string; name: string; namespace: string }[];
  scale?: Record<string, number>;
  sleep?: string;
  requests?: CaseRequest[];
  expect?: CaseExpectation;
}

export interface MeshCase extends Phase {
  id: string;
  title: string;
  use: string[];
  phases?: Phase[];
}

const folder = new URL('./', import.meta.url);

/** `fixtures.yaml` came with the cases, `fixtures-more.yaml` is ours. */
export const fixtures: Record<string, Manifest[]> = Object.assign(
  {},
  ...['fixtures.yaml', 'fixtures-more.yaml'].map(
    (file) =>
      (
        parse(readFileSync(new URL(file, folder), 'utf8')) as {
          fixtures: Record<string, Manifest[]>;
        }
      ).fixtures,
  ),
) as Record<string, Manifest[]>;

export const cases: MeshCase[] = readdirSync(folder)
  .filter((file) => /^\d\d-.*\.yaml$/.test(file))
  .toSorted()
  .flatMap(
    (file) => (parse(readFileSync(new URL(file, folder), 'utf8')) as { cases: MeshCase[] }).cases,
  );

export function seconds(text: string): number {
  const match = /^([\d.]+)(ms|s|m)$/.exec(text);
  if (!match) throw new Error(`${text} is no duration of the cases`);
  return Number(match[1]) * { ms: 0.001, s: 1, m: 60 }[match[2] as 'ms' | 's' | 'm'];
}
