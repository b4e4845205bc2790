// The recordings again, with kubectl of other minors: exit codes and the server's text must hold whoever asks.
// What those clients say otherwise of themselves is taken out of both texts first; each such place is listed here.

import { readFileSync } from 'node:fs';
import type { SoakPart } from './part.ts';
import { sectionsOf } from '../golden/sections.ts';
import {
  OTHER_MINORS,
  type OtherMinor,
  otherKubectl,
  unavailable,
} from '../support/client-tools.ts';

/** Those of kubectl's commands; `raw` is HTTP and asks as no client. */
const SECTIONS = ['seed', 'extras', 'errors'] as const;

interface ClientDifference {
  /** The first minor that prints as the recordings' 1.36 does. */
  since: number;
  text: RegExp;
  what: string;
}

/** Found by comparing the clients against one cluster; the server's bytes were the same. */
const DIFFERENCES: readonly ClientDifference[] = [
  {
    since: 36,
    text: /(?<="minor": ")\d+(?=")/g,
    what: 'each client names its own minor',
  },
  {
    since: 36,
    text: /(?<=(?:^Client Version: |"gitVersion": ")v1\.)\d+\.\d+/gm,
    what: 'each client names its own version',
  },
  {
    since: 36,
    text: /^Kustomize Version: .*\n|^ *"kustomizeVersion": .*\n/gm,
    what: 'kustomize’s too',
  },
  {
    since: 36,
    text: /^(?:WARNING|Warning): version difference between client .*\n/gm,
    what: 'version complains of the distance to 1.36',
  },
  {
    since: 36,
    text: /^Waiting for deployment .*\n/gm,
    what: 'how many steps of a rollout somebody sees is chance; how it ends is not',
  },
  {
    since: 34,
    text: /^ *"(?:emulation|minCompatibility)(?:Major|Minor)": .*\n/gm,
    what: 'version -o json leaves out what its client does not know',
  },
  {
    since: 36,
    text: /^Warning: resource \S+ was previously managed with 'kubectl apply'\. Rolling back .*\n/gm,
    what: 'rollout undo warns that the annotation of apply stays behind',
  },
  { since: 34, text: /(?<= deleted) from \S+ namespace/g, what: 'delete names the namespace' },
  {
    since: 34,
    text: /^ *creationTimestamp: null\n|^ *"creationTimestamp": null,?\n/gm,
    what: 'objects a client makes itself had an empty creationTimestamp',
  },
  {
    since: 34,
    // oxlint-disable-next-line no-control-regex -- colours begin with one
    text: /\u001b\[[\d;]*m/g,
    what: 'cluster-info was coloured without a terminal, too',
  },
  { since: 34, text: /^preferences: \{\}\n/gm, what: 'a kubeconfig had empty preferences' },
  {
    since: 34,
    text: /(?<=^ +(?:Host )?Ports?: .*\/(?:TCP|UDP)) \(\S+\)/gm,
    what: 'describe names the ports of containers',
  },
  {
    since: 34,
    text: /^Flag --cpu-percent has been deprecated.*\n/gm,
    what: 'autoscale’s --cpu-percent is deprecated',
  },
];

export const minors: SoakPart = { name: 'kubectl-minors', run: ({ say }) => kubectlMinors(say) };

/** Says a line a section and counts. Fetches the clients on first use. */
export async function kubectlMinors(
  say: (line: string) => void = (line) => console.log(line),
): Promise<{ passed: number; failed: number; failures: string[] }> {
  const failures: string[] = [];
  let passed = 0;
  if (unavailable !== undefined) say(`not run: ${unavailable}`);
  for (const minor of unavailable === undefined ? OTHER_MINORS : []) {
    const sections = sectionsOf({
      kubectl: await otherKubectl(minor),
      recordings: undefined,
      common: (text) => withoutDifferences(minor, text),
    });
    for (const name of SECTIONS) {
      const outcomes = (await sections[name]?.replay()) ?? [];
      const identical = outcomes.filter(({ verdict }) => verdict === 'identical').length;
      const misses = outcomes.filter(
        ({ id, verdict }) => verdict === 'different' && known[name]?.[id] === undefined,
      );
      say(`kubectl 1.${minor}, ${name}: ${identical} identical, ${misses.length} different`);
      failures.push(...misses.map(({ id, what }) => `kubectl 1.${minor}, ${name}, ${id}: ${what}`));
      passed += identical;
    }
  }
  return { passed, failed: failures.length, failures };
}

/** Misses that any client has, with their reasons. */
const known = JSON.parse(
  readFileSync(new URL('../golden/exceptions.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, string>>;

function withoutDifferences(minor: OtherMinor, text: string): string {
  return DIFFERENCES.filter(({ since }) => Number(minor) < since).reduce(
    (rest, difference) => rest.replace(difference.text, ''),
    text,
  );
}
