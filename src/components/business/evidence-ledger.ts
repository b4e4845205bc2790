// The ledger of measurements, kept up to date. Fetched when somebody sees it.

import { measuredTable } from '../../business/board-memo.ts';
import { part } from '../page/dom.ts';
import { businessCase } from './case-store.ts';
import { grow } from './grow.ts';

export function open(element: HTMLElement): () => void {
  return businessCase.follow(() =>
    part(element, '[data-ledger]').replaceChildren(grow(measuredTable(businessCase))),
  );
}
