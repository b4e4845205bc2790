// The receipts of a learner's terminals as pages ask for them: a page that was reloaded, or comes back next week, shows them again.

import { RECEIPTS_PATH, type Receipt } from '../../protocol/receipt.ts';
import type { Route } from './route.ts';

export type ReceiptsOf = (learner: string, session?: string, from?: number) => Receipt[];

export function receiptRoutes(receipts: ReceiptsOf): Route[] {
  return [
    {
      method: 'GET',
      path: RECEIPTS_PATH,
      answer: async ({ learner, query }) => {
        const session = query.get('session') ?? undefined;
        const from = Number(query.get('from') ?? 0);
        if (!Number.isSafeInteger(from) || from < 0) return 'LAB_BODY';
        return { body: receipts(learner, session, from) };
      },
    },
  ];
}
