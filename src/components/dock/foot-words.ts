// What the foot of the dock says of the line to the shell. Pure.

import type { LabState, TerminalState } from '../../lab-client/lab.ts';

export interface FootFacts {
  lab: LabState;
  terminal: TerminalState | undefined;
  detail: string;
  latency: number | undefined;
  offlineMs: number;
  /** Other pages that see this terminal. */
  watchers: number;
}

export function footWords({ lab, terminal, detail, latency, offlineMs, watchers }: FootFacts): {
  line: string;
  away: boolean;
} {
  if (lab === 'offline' || terminal === 'offline') {
    const since = offlineMs ? ` for ${Math.round(offlineMs / 1_000)} s` : '';
    return { line: `offline${since}; your shell goes on, keys are not sent`, away: true };
  }
  switch (terminal) {
    case undefined:
    case 'connecting':
      return { line: 'connecting', away: false };
    case 'open': {
      const far = latency === undefined ? '' : `, ${Math.round(latency)} ms`;
      const seen = watchers > 0 ? `, watched by ${watchers}` : '';
      return { line: `connected${far}${seen}`, away: false };
    }
    case 'exited':
      return { line: detail || 'the shell has ended', away: true };
    case 'taken over':
      return { line: detail || 'another page has this terminal', away: true };
  }
}
