// The screen of one terminal: xterm in the look's colours, fitted to its box. Loaded when a terminal is first needed.
// Knows nothing of tabs or the lab; the bytes come and go through the stream it is given.

import { FitAddon } from '@xterm/addon-fit';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { TerminalSink, TerminalState, TerminalStream } from '../../lab-client/lab.ts';
import type { Mark, Notice } from '../../../protocol/terminal.ts';
import { colours } from './colours.ts';

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
  isWayOut: (event: KeyboardEvent) => boolean;
  /** What is typed, before it is sent: the sticky Ctrl. */
  typed: (data: string) => string;
  onState: (state: TerminalState, detail: string) => void;
  onLatency: (ms: number) => void;
  onMark: (mark: Mark) => void;
  onNotice: (notice: Notice) => void;
  /** Keys that could not be sent: nothing is queued. */
  onLost: () => void;
}

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #stream: TerminalStream;
  readonly #options: ScreenOptions;
  readonly #box: HTMLElement;
  readonly #resized: ResizeObserver;
  readonly #stopThemes: () => void;
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
      // A link a program prints says one thing and may lead to another: show where, then ask.
      linkHandler: { activate: (_event, address) => open(address, true) },
    });
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
    this.#terminal.textarea?.setAttribute('aria-label', `Terminal, ${options.name}`);
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

  /** False leaves a key to the page. */
  #isOurs(event: KeyboardEvent): boolean {
    if (this.#options.isWayOut(event)) return false;
    // With something selected Ctrl+C copies, as everywhere else; the browser does that itself.
    const copies = event.ctrlKey && !event.shiftKey && event.key.toLowerCase() === 'c';
    return !(copies && this.#terminal.hasSelection());
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
