// What terminals give to the clipboard and take from it. Several lines are asked about before they are typed.

import { ask } from './ask.ts';
import type { LabTerminal } from './lab-terminal.ts';
import { pasteQuestion } from './paste-question.ts';

export class Clipboard {
  readonly #box: HTMLElement;
  readonly #say: (text: string) => void;

  /** Questions stand over `box`. */
  constructor(box: HTMLElement, say: (text: string) => void) {
    this.#box = box;
    this.#say = say;
  }

  async copy(text: string | undefined, otherwise: string): Promise<void> {
    if (!text) return this.#say(otherwise);
    try {
      await navigator.clipboard.writeText(text);
      this.#say('Copied');
    } catch {
      this.#say('The browser does not let this page copy.');
    }
  }

  async pasteInto(terminal: LabTerminal | undefined): Promise<void> {
    if (!terminal) return;
    try {
      await this.paste(terminal, await navigator.clipboard.readText());
    } catch {
      this.#say('The browser does not let this page read what was copied. Paste by its key.');
      terminal.focusScreen();
    }
  }

  async paste(terminal: LabTerminal, text: string): Promise<void> {
    const question = pasteQuestion(text, terminal.line.name);
    if (question && (await ask(this.#box, question)) === undefined) return;
    const screen = await terminal.open();
    screen.paste(text);
    screen.focus();
  }
}
