// Kiali's Service, where Istio's addon puts it on every engine, behind the API server's proxy; and what a refusal on the way means.
// Knows nothing of graphs.

import type { GraphGap } from '../../protocol/graph.ts';
import type { ApiStatusError } from '../checks/api-server.ts';

/** In front of every path of Kiali's own, which begins with /kiali. */
export const KIALI_SERVICE = '/api/v1/namespaces/istio-system/services/kiali:20001/proxy';

export interface Gap {
  state: GraphGap;
  detail?: string;
}

/** Two may refuse: the API server, by a Status, and Kiali, by an error of its own. */
export function gapOf({ status, message, body }: ApiStatusError): Gap {
  const said = objectOf(body);
  if (said['kind'] === 'Status') {
    if (status === 404) return { state: 'no kiali' };
    // Without endpoints, or one that refuses the connection yet.
    if (status === 502 || status === 503 || status === 504)
      return { state: 'starting', detail: message };
    return { state: 'no answer', detail: message };
  }
  const error = typeof said['error'] === 'string' ? said['error'] : message;
  if (status === 403) return { state: 'no namespace', detail: error };
  if (status === 503 || /prometheus/i.test(`${error} ${textOf(said['detail'])}`))
    return { state: 'no prometheus', detail: error };
  return { state: 'no answer', detail: error };
}

function objectOf(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {}; // somebody else's page
    throw error;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
