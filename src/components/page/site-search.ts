// <site-search>: the dialog over Pagefind's index. Nothing of Pagefind is fetched before the dialog first opens.

import { define, make, part } from './dom.ts';

/** What we use of Pagefind 1.5: https://pagefind.app/docs/api/ */
interface PagefindModule {
  createInstance(options: { noWorker: boolean; excerptLength: number }): Pagefind;
}
interface Pagefind {
  debouncedSearch(term: string): Promise<{ results: { data(): Promise<Found> }[] } | null>;
}
interface Found {
  url: string;
  excerpt: string;
  meta: { title?: string };
  sub_results: { title: string; url: string; excerpt: string }[];
}

/** As many as fit a screen: who needs more types another word. */
const SHOWN = 8;
const EXCERPT_WORDS = 18;

class SiteSearch extends HTMLElement {
  #engine: Promise<Pagefind> | undefined;

  connectedCallback(): void {
    const dialog = this.#dialog;
    part(this, '[data-open]').addEventListener('click', () => this.#open());
    addEventListener('keydown', (event) => this.#key(event));
    part(this, 'input').addEventListener('input', () => void this.#search());
    part(this, 'input').addEventListener('keydown', (event) => this.#enter(event));
    dialog.addEventListener('click', (event) => {
      // A click beside the dialog meets the dialog itself; one on a link closes it, also when the page stays.
      const target = event.target;
      if (target === dialog || (target instanceof Element && target.closest('a'))) dialog.close();
    });
  }

  get #dialog(): HTMLDialogElement {
    const dialog = this.querySelector('dialog');
    if (!dialog) throw new Error('the search has no dialog');
    return dialog;
  }

  #key(event: KeyboardEvent): void {
    const chord = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
    const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!chord && !(slash && !isWriting(event.target))) return;
    // In a terminal Ctrl+K and / are the shell's.
    if (event.target instanceof Element && event.target.closest('lab-terminal')) return;
    event.preventDefault();
    this.#open();
  }

  #open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
    part(this, 'input').focus();
    this.#engine ??= load(this.dataset['engine'] ?? '');
    this.#engine.catch(() => {
      this.#engine = undefined; // told to the reader by #search, and tried again when they come back
    });
    void this.#search();
  }

  async #search(): Promise<void> {
    const input = this.querySelector('input');
    const term = input?.value.trim() ?? '';
    if (!term) return this.#show([], 'Words, names, commands: whatever stands in a lesson.');
    try {
      const engine = await this.#engine;
      const answer = await engine?.debouncedSearch(term);
      if (!answer) return; // another key came first
      const found = await Promise.all(answer.results.slice(0, SHOWN).map((one) => one.data()));
      const count = answer.results.length;
      const pages = count === 1 ? '1 page' : `${count} pages`;
      this.#show(found, count ? `${pages} with “${term}”` : `Nothing with “${term}”.`);
    } catch {
      this.#show([], 'The search index could not be fetched. Is the page still being served?');
    }
  }

  #show(found: Found[], says: string): void {
    part(this, '.says').textContent = says;
    part(this, 'ol').replaceChildren(
      ...found.flatMap(({ url, excerpt, meta, sub_results: [best] }) => {
        const title =
          best && best.title !== meta.title ? `${meta.title}: ${best.title}` : meta.title;
        const text = make('span');
        text.append(...marked(best?.excerpt ?? excerpt));
        return make(
          'li',
          {},
          make('a', { href: best?.url ?? url }, make('b', {}, title ?? url), text),
        );
      }),
    );
  }

  #enter(event: KeyboardEvent): void {
    // Browsers let Escape empty a search field first; here it leaves, as everywhere.
    if (event.key === 'Escape') {
      event.preventDefault();
      return this.#dialog.close();
    }
    const first = this.querySelector('ol a');
    if (!(first instanceof HTMLAnchorElement)) {
      if (event.key === 'Enter') event.preventDefault();
      return;
    }
    if (event.key === 'ArrowDown') first.focus();
    else if (event.key === 'Enter') location.assign(first.href);
    else return;
    event.preventDefault();
  }
}

/** Without its worker: that is the same engine a second time, and our index is small. */
async function load(address: string): Promise<Pagefind> {
  const engine: PagefindModule = await import(/* @vite-ignore */ address);
  return engine.createInstance({ noWorker: true, excerptLength: EXCERPT_WORDS });
}

/** Pagefind's excerpts are escaped HTML with <mark> in it: read as text, with the marks made anew. */
function marked(excerpt: string): Node[] {
  const parsed = new DOMParser().parseFromString(excerpt, 'text/html');
  return [...parsed.body.childNodes].map((node) =>
    node.nodeName === 'MARK'
      ? make('mark', {}, node.textContent ?? '')
      : document.createTextNode(node.textContent ?? ''),
  );
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  );
}

define('site-search', SiteSearch);
