// Where the lab is, for pages: the same words as in protocol/lab.ts, which would bring its schemas along.

import type { EVIDENCE_PATH as EvidencePath } from '../../protocol/evidence.ts';
import type { FEED_PATH as Path, FEED_PROTOCOL as Protocol } from '../../protocol/lab.ts';
import type { RECEIPTS_PATH as Receipts } from '../../protocol/receipt.ts';

export const FEED_PATH: typeof Path = '/lab/feed';
export const FEED_PROTOCOL: typeof Protocol = 'lab.feed.v1';
export const RECEIPTS_PATH: typeof Receipts = '/lab/receipts';
export { CASE_PATH } from '../../protocol/business-case.ts';
export { GRAPH_PATH, KIALI_PATH } from '../../protocol/graph.ts';
export const EVIDENCE_PATH: typeof EvidencePath = '/lab/evidence';
