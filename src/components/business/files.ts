// A file of the learner's business case: handed to the browser, and written into the workspace where there is a lab.

import { announce } from '../page/announce.ts';
import { make } from '../page/dom.ts';
import { lab } from '../page/lab.ts';

/** `said`: where it is written what became of it. */
export async function saveFile(name: string, text: string, said: HTMLElement): Promise<void> {
  const type = name.endsWith('.csv') ? 'text/csv' : 'text/markdown';
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  make('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
  said.textContent = `${name} is in your downloads.`;
  if (lab.state === 'open') {
    try {
      const path = await lab.writeDocument(name, text);
      said.textContent = `${name} is in your downloads, and in your workspace: ${path}`;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      said.textContent = `${name} is in your downloads. The workspace has not taken it: ${why}`;
    }
  }
  announce(said.textContent);
}
