// A workbook that answers: fields become editable, results and drawings follow. Fetched when somebody sees one.

import { FIELDS, type Field, read, SOURCE_LENGTH, written } from '../../business/assumption.ts';
import { assumption, basisWords, type Book, type BookName } from '../../business/book.ts';
import { books } from '../../business/books.ts';
import { csv } from '../../business/csv.ts';
import { part } from '../page/dom.ts';
import { clockTime } from '../page/time.ts';
import { businessCase } from './case-store.ts';
import { saveFile } from './files.ts';
import { grow } from './grow.ts';

export function open(element: HTMLElement): () => void {
  return new OpenBook(element).close;
}

class OpenBook {
  readonly #element: HTMLElement;
  readonly #book: Book;
  readonly #fields: HTMLInputElement[];
  readonly close: () => void;

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#book = books[element.dataset['book'] as BookName];
    this.#fields = [...element.querySelectorAll<HTMLInputElement>('input[data-figure]')];
    for (const field of this.#fields) {
      field.readOnly = false;
      field.addEventListener('input', () => this.#wrote(field));
      field.addEventListener('blur', () => this.#show());
      if (field.dataset['field'] === 'source') field.maxLength = SOURCE_LENGTH;
    }
    part(element, '[data-reset]').addEventListener('click', () => this.#reset());
    part(element, '[data-csv]').addEventListener('click', () => {
      void saveFile('workbook.csv', csv(businessCase), this.#kept);
    });
    this.close = businessCase.follow(() => this.#show());
  }

  get #kept(): HTMLElement {
    return part(this.#element, '[data-kept]');
  }

  #wrote(field: HTMLInputElement): void {
    const { id, which } = named(field);
    const value = which === 'source' ? field.value.trim() : read(field.value, assumption(id).unit);
    field.toggleAttribute('aria-invalid', false);
    if (value === undefined) {
      field.setAttribute('aria-invalid', 'true');
      this.#kept.textContent = `“${field.value}” is no figure: write a number from 0 on. The results still use the one before.`;
      return;
    }
    this.#kept.textContent = businessCase.set(id, which, value)
      ? `Kept on this machine at ${clockTime(Date.now())}.`
      : 'This browser keeps nothing: save the CSV before you leave.';
  }

  #reset(): void {
    businessCase.reset(this.#fields.map((field) => named(field).id));
    this.#kept.textContent = 'Marcus’s figures are back.';
  }

  #show(): void {
    const state = { figures: businessCase.figures, evidence: businessCase.evidence };
    const spoken = this.#book.spoken(state);
    for (const field of this.#fields) {
      const { id, which } = named(field);
      const figure = state.figures[id];
      if (!figure || field === document.activeElement) continue;
      field.value =
        which === 'source' ? figure.source : written(figure[which], assumption(id).unit);
      field.removeAttribute('aria-invalid');
      field.classList.toggle('measured', which === 'value' && spoken[id]?.enough === true);
    }
    const results = this.#book.results(state);
    for (const place of this.#element.querySelectorAll<HTMLElement>('[data-result]')) {
      const text = results[place.dataset['result'] ?? ''] ?? '';
      if (place.textContent !== text) place.textContent = text;
    }
    for (const place of this.#element.querySelectorAll<HTMLElement>('[data-basis]')) {
      const said = spoken[place.dataset['basis'] ?? ''];
      place.className = said?.enough ? 'src proven' : 'src assumed';
      place.textContent = basisWords(place.dataset['basis'] ?? '', state, said);
    }
    const drawings = this.#book.drawings(state);
    for (const place of this.#element.querySelectorAll<HTMLElement>('[data-drawing]')) {
      const drawing = drawings[place.dataset['drawing'] ?? ''];
      if (drawing) place.replaceChildren(grow(drawing));
    }
  }
}

function named(field: HTMLInputElement): { id: string; which: Field } {
  const { figure = '', field: name } = field.dataset;
  return { id: figure, which: FIELDS.find((one) => one === name) ?? 'value' };
}
