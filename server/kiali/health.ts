// Kiali's verdict on a rate of failures, by its default tolerances. Pure.
// Source: Kiali's documentation, "Traffic health", and the defaults of its health configuration.

import type { CallHealth } from '../../protocol/graph.ts';

/** Requests a second by what became of them. */
export interface Outcomes {
  all: number;
  refused: number;
  failed: number;
  unanswered: number;
}

/** Parts of all requests from which on Kiali calls it a failure; a degraded below is any at all, or the part that is named. */
const FAILURE = { failed: 0.1, refused: 0.2, unanswered: 0.1 };
const REFUSED_DEGRADED = 0.1;

export function healthOf({ all, refused, failed, unanswered }: Outcomes): CallHealth {
  if (all <= 0) return 'healthy';
  const part = { failed: failed / all, refused: refused / all, unanswered: unanswered / all };
  if (
    part.failed >= FAILURE.failed ||
    part.refused >= FAILURE.refused ||
    part.unanswered >= FAILURE.unanswered
  )
    return 'failure';
  return part.failed > 0 || part.unanswered > 0 || part.refused >= REFUSED_DEGRADED
    ? 'degraded'
    : 'healthy';
}

const SEVERITY: readonly CallHealth[] = ['healthy', 'degraded', 'failure'];

export function worst(...verdicts: readonly CallHealth[]): CallHealth {
  return verdicts.reduce<CallHealth>(
    (a, b) => (SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a),
    'healthy',
  );
}
