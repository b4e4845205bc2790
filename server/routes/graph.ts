// The mesh as pages ask for it: a frame of the graph, and a way into the whole Kiali.

import { GRAPH_PATH, KIALI_PATH } from '../../protocol/graph.ts';
import { type GraphSource, questionOf } from '../kiali/graph-source.ts';
import type { KialiSite } from '../kiali/kiali-site.ts';
import type { Route } from './route.ts';

export function graphRoutes(
  graphs: Pick<GraphSource, 'ask'>,
  kiali: Pick<KialiSite, 'entrance'>,
): Route[] {
  return [
    {
      method: 'GET',
      path: GRAPH_PATH,
      answer: async ({ query }) => {
        const question = questionOf(query);
        return question ? { body: await graphs.ask(question) } : 'LAB_BODY';
      },
    },
    {
      method: 'POST',
      path: KIALI_PATH,
      answer: ({ headers }) => {
        const url = kiali.entrance(headers);
        return url === undefined ? 'LAB_KIALI_ELSEWHERE' : { body: { url } };
      },
    },
  ];
}
