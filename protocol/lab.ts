// The feed: one WebSocket a page, JSON text messages, server to page. What the page asks for goes by plain requests.

import * as z from 'zod/mini';
import { Evidence } from './evidence.ts';
import { Receipt } from './receipt.ts';
import { CheckState } from './verdict.ts';

/** Where a page opens its feed. Among the subprotocols stands `key.` with the page's key, too. */
export const FEED_PATH = '/lab/feed';
export const FEED_PROTOCOL = 'lab.feed.v1';

/** What is behind the kubeconfig, in words for the page. */
export const EngineFacts = z.object({
  /** `Embedded cluster`, `kind`, `Your cluster`. */
  name: z.string(),
  state: z.enum(['none', 'starting', 'ready', 'stopping', 'failed']),
  /** The named stage while starting or stopping; the reason when failed. */
  detail: z.optional(z.string()),
  simulated: z.boolean(),
  versions: z.record(z.string(), z.string()),
});
export type EngineFacts = z.infer<typeof EngineFacts>;

export const FeedMessage = z.discriminatedUnion('kind', [
  /** First message: everything the page needs to draw itself. */
  z.object({
    kind: z.literal('state'),
    learner: z.string(),
    engine: EngineFacts,
    checks: z.array(CheckState),
    evidence: z.optional(z.array(Evidence)),
  }),
  z.object({ kind: z.literal('engine'), engine: EngineFacts }),
  z.object({ kind: z.literal('check'), check: CheckState }),
  /** A command has ended in one of the learner's terminals. Earlier ones are asked for: see RECEIPTS_PATH. */
  z.object({ kind: z.literal('receipt'), receipt: Receipt }),
  /** All that the learner's lab has measured so far. */
  z.object({ kind: z.literal('evidence'), evidence: z.array(Evidence) }),
  /** A line for the learner that belongs to no check: the cluster was restarted from its last second, say. */
  z.object({ kind: z.literal('notice'), text: z.string() }),
]);
export type FeedMessage = z.infer<typeof FeedMessage>;
