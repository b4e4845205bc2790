// The screen of one terminal: xterm in the look's colours, fitted to its box. Loaded when a terminal is first needed.
// Knows nothing of tabs or the lab; the bytes come and go through the stream it is given. What is done with keys that are not
// the shell's, with pastes and with links is decided by whoever made it.

import { FitAddon } from '@xterm/addon-fit';
import type { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { TerminalSink, TerminalState, TerminalStream } from '../../lab-client/lab.ts';
import { refuseSenselessCounts } from '../../../protocol/sane-counts.ts';
import type { Mark, Notice } from '../../../protocol/terminal.ts';
import { colours, foundColours } from './colours.ts';

/** Lines kept above the screen. The server keeps the same output in bytes. */
const SCROLLBACK_LINES = 5_000;
/** A dragged divider asks for many sizes; the program wants the last. */
const RESIZE_REST_MS = 80;
/** Times the face's own height: .8125/1.5 of the look. */
const LINE_HEIGHT = 1.15;
/** xterm shows no cursor before its first focus, or before a program has taken the other screen and given it back. */
const SHOW_CURSOR = '\x1b[?47h\x1b[?47l';
/** Below this the box is hidden or folding, and a size measured now would be nonsense. */
const SMALLEST_BOX_PX = 40;

export interface ScreenOptions {
  name: string;
  fontFamily: string;
  fontSize: number;
  screenReader: boolean;
  /** True for keys that are not the terminal's: they are left to the page. */
  isThePages: (event: KeyboardEvent) => boolean;
  /** A paste, before anything is typed of it. */
  pasted: (text: string) => void;
  /** What is typed, before it is sent: the sticky Ctrl. */
  typed: (data: string) => string;
  onState: (state: TerminalState, detail: string) => void;
  onLatency: (ms: number) => void;
  onMark: (mark: Mark) => void;
  onNotice: (notice: Notice) => void;
  /** Keys that could not be sent: nothing is queued. */
  onLost: () => void;
}

/** What a search has found: which of how many; `at` is -1 where they are too many to be counted. */
export interface Found {
  at: number;
  of: number;
}

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #stream: TerminalStream;
  readonly #options: ScreenOptions;
  readonly #box: HTMLElement;
  readonly #resized: ResizeObserver;
  readonly #stopThemes: () => void;
  #search: Promise<SearchAddon> | undefined;
  #resizeTimer = 0;
  /** While an old screen is drawn again, what the terminal answers to it must not reach the shell. */
  #replaying = 0;

  /** The face must have been loaded: xterm measures one letter and believes it. */
  constructor(box: HTMLElement, stream: TerminalStream, options: ScreenOptions) {
    this.#box = box;
    this.#stream = stream;
    this.#options = options;
    this.#terminal = new Terminal({
      fontFamily: options.fontFamily,
      fontSize: options.fontSize,
      fontWeight: 400,
      fontWeightBold: 600,
      lineHeight: LINE_HEIGHT,
      scrollback: SCROLLBACK_LINES,
      cursorBlink: false,
      cursorInactiveStyle: 'outline',
      minimumContrastRatio: 4.5,
      screenReaderMode: options.screenReader,
      theme: colours(box),
      // Marks found words; the rest of what it allows is not used.
      allowProposedApi: true,
      // A link a program prints says one thing and may lead to another: show where, then ask.
      linkHandler: { activate: (_event, address) => open(address, true) },
    });
    refuseSenselessCounts(this.#terminal.parser);
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(new WebLinksAddon((_event, address) => open(address, false)));
    this.#terminal.attachCustomKeyEventHandler((event) => this.#isOurs(event));
    this.#terminal.onData((data) => this.#send(options.typed(data)));
    this.#terminal.onBinary((data) => {
      if (!this.#replaying) stream.input(Uint8Array.from(data, (byte) => byte.charCodeAt(0)));
    });
    this.#terminal.onResize(({ cols, rows }) => this.#resizeLater(cols, rows));
    this.#terminal.open(box);
    this.#terminal.write(SHOW_CURSOR);
    this.rename(options.name);
    box.addEventListener('paste', (event) => this.#paste(event), true);
    this.fit();
    this.#resized = new ResizeObserver(() => this.fit());
    this.#resized.observe(box);
    this.#stopThemes = onThemeChange(() => (this.#terminal.options.theme = colours(box)));
    stream.attach(this.#sink());
  }

  get hasSelection(): boolean {
    return this.#terminal.hasSelection();
  }

  /** An old screen is being drawn again; nothing can be typed meanwhile. */
  get isDrawing(): boolean {
    return this.#replaying > 0;
  }

  get applicationArrows(): boolean {
    return this.#terminal.modes.applicationCursorKeysMode;
  }

  focus(): void {
    this.#terminal.focus();
  }

  fit(): void {
    if (this.#box.clientHeight < SMALLEST_BOX_PX || this.#box.clientWidth < SMALLEST_BOX_PX) return;
    this.#fit.fit();
  }

  rename(name: string): void {
    this.#terminal.textarea?.setAttribute('aria-label', `Terminal, ${name}`);
  }

  /** What is selected, or undefined. */
  get selection(): string | undefined {
    return this.#terminal.getSelection() || undefined;
  }

  /** All that is shown and stands above, as text; what wraps on the screen is one line. */
  text(): string {
    const { active } = this.#terminal.buffer;
    const lines: string[] = [];
    for (let at = 0; at < active.length; at++) {
      const line = active.getLine(at);
      const text = line?.translateToString(!active.getLine(at + 1)?.isWrapped) ?? '';
      if (line?.isWrapped) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    return lines.join('\n').trimEnd();
  }

  /** Nothing is found for an empty word. */
  async find(word: string, forward: boolean, tell: (found: Found) => void): Promise<void> {
    this.#search ??= this.#loadSearch(tell);
    const search = await this.#search;
    const options = { decorations: foundColours(this.#box) };
    if (word === '') search.clearDecorations();
    else if (forward) search.findNext(word, options);
    else search.findPrevious(word, options);
  }

  /** What was found stays selected, so that it can be copied. */
  endFind(): void {
    void this.#search?.then((search) => search.clearDecorations());
  }

  async #loadSearch(tell: (found: Found) => void): Promise<SearchAddon> {
    const { SearchAddon } = await import('@xterm/addon-search');
    const search = new SearchAddon();
    this.#terminal.loadAddon(search);
    search.onDidChangeResults(({ resultIndex, resultCount }) =>
      tell({ at: resultIndex, of: resultCount }),
    );
    return search;
  }

  setScreenReader(on: boolean): void {
    this.#terminal.options.screenReaderMode = on;
  }

  setFontSize(size: number): void {
    this.#terminal.options.fontSize = size;
    this.fit();
  }

  /** As if typed. */
  send(text: string): void {
    this.#send(text);
    this.#terminal.scrollToBottom();
  }

  /** What is pasted, once it may be. */
  paste(text: string): void {
    if (this.#replaying) return;
    if (!this.#stream.paste(text)) this.#options.onLost();
    this.#terminal.scrollToBottom();
  }

  clear(): void {
    this.#stream.clear();
  }

  run(text: string): boolean {
    this.#terminal.scrollToBottom();
    return this.#stream.run(text);
  }

  close(): void {
    clearTimeout(this.#resizeTimer);
    this.#stopThemes();
    this.#resized.disconnect();
    this.#stream.detach();
    this.#terminal.dispose();
  }

  #sink(): TerminalSink {
    const { onState, onLatency, onMark, onNotice } = this.#options;
    const terminal = this.#terminal;
    return {
      columns: terminal.cols,
      rows: terminal.rows,
      output: (bytes, drawn) => terminal.write(bytes, drawn),
      snapshot: (screen, columns, rows, drawn) => {
        this.#replaying++;
        terminal.reset();
        terminal.resize(columns, rows);
        terminal.write(screen, () => {
          this.#replaying--;
          this.fit();
          drawn();
        });
      },
      state: onState,
      latency: onLatency,
      mark: onMark,
      notice: onNotice,
    };
  }

  #send(data: string): void {
    if (this.#replaying || !data) return;
    if (!this.#stream.input(new TextEncoder().encode(data))) this.#options.onLost();
  }

  #paste(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = event.clipboardData?.getData('text/plain');
    if (text) this.#options.pasted(text);
  }

  /** False leaves a key to the page. */
  #isOurs(event: KeyboardEvent): boolean {
    if (this.#options.isThePages(event)) return false;
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    const key = event.key.toLowerCase();
    // The browser pastes by itself; bash's own Ctrl+V, which quotes a key, nobody misses here.
    if (command && key === 'v') return false;
    // With something selected Ctrl+C copies, as everywhere else; the browser does that itself.
    return !(command && !event.shiftKey && key === 'c' && this.#terminal.hasSelection());
  }

  #resizeLater(columns: number, rows: number): void {
    clearTimeout(this.#resizeTimer);
    if (this.#replaying) return;
    this.#resizeTimer = window.setTimeout(() => this.#stream.resize(columns, rows), RESIZE_REST_MS);
  }
}

/** Only the web, in a new tab that knows nothing of this one. */
function open(address: string, ask: boolean): void {
  if (!/^https?:\/\//i.test(address)) return;
  if (ask && !confirm(`Open ${address}?`)) return;
  window.open(address, '_blank', 'noopener,noreferrer');
}

function onThemeChange(change: () => void): () => void {
  const watcher = new MutationObserver(change);
  watcher.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => watcher.disconnect();
}
