// The memo and the slides, kept up to date with the workbook and the lab; printed, or saved as files. Fetched when somebody sees them.

import { boardDeck } from '../../business/board-deck.ts';
import { boardMemo, type Paper } from '../../business/board-memo.ts';
import { csv } from '../../business/csv.ts';
import { markdown } from '../../business/markdown.ts';
import { part } from '../page/dom.ts';
import { keep, recall } from '../page/memory.ts';
import { businessCase } from './case-store.ts';
import { saveFile } from './files.ts';
import { grow } from './grow.ts';

const COMPANY = 'meshproof:company';
/** On the page's root while it prints one paper alone: styles/papers.css. */
const PRINTING = 'printing';

export function open(element: HTMLElement): () => void {
  const company = element.querySelector<HTMLInputElement>('[data-company]');
  if (!company) throw new Error('the page lacks the company’s name');
  company.value = recall(COMPANY) ?? company.value;
  const paper = (): Paper => ({
    figures: businessCase.figures,
    evidence: businessCase.evidence,
    company: company.value.trim() || 'RapidScale',
    today: Date.now(),
  });
  const draw = () => {
    part(element, '[data-memo]').replaceChildren(grow(boardMemo(paper())));
    part(element, '[data-deck]').replaceChildren(...boardDeck(paper()).map((slide) => grow(slide)));
  };
  company.addEventListener('input', () => {
    keep(COMPANY, company.value);
    draw();
  });
  for (const button of element.querySelectorAll<HTMLElement>('[data-print]')) {
    button.addEventListener('click', () => print(element, button.dataset['print'] ?? 'memo'));
  }
  const texts: Record<string, () => string> = {
    'board-memo.md': () => markdown(boardMemo(paper())),
    'board-deck.md': () => markdown(...boardDeck(paper())),
    'workbook.csv': () => csv(businessCase),
  };
  for (const button of element.querySelectorAll<HTMLElement>('[data-save]')) {
    const name = button.dataset['save'] ?? '';
    button.addEventListener(
      'click',
      () => void saveFile(name, texts[name]?.() ?? '', part(element, '[data-said]')),
    );
  }
  return businessCase.follow(draw);
}

function print(element: HTMLElement, which: string): void {
  const root = document.documentElement;
  part(element, `[data-${which}]`).toggleAttribute('data-printed', true);
  root.dataset[PRINTING] = which;
  addEventListener(
    'afterprint',
    () => {
      delete root.dataset[PRINTING];
      part(element, `[data-${which}]`).toggleAttribute('data-printed', false);
    },
    { once: true },
  );
  window.print();
}
