// fortio's log: a JSON object a line, or coloured lines on a terminal. Knows nothing of what is logged.

import type { Process } from '../../node/process.ts';
import { bytesOf } from '../../streams.ts';
import { timestamp } from '../../time.ts';
import { general, quoted } from './go-text.ts';

export const LEVELS = [
  'Debug',
  'Verbose',
  'Info',
  'Warning',
  'Error',
  'Critical',
  'Fatal',
] as const;
export type Level = (typeof LEVELS)[number];

const JSON_NAMES: Readonly<Record<Level, string>> = {
  Debug: 'dbug',
  Verbose: 'trace',
  Info: 'info',
  Warning: 'warn',
  Error: 'err',
  Critical: 'crit',
  Fatal: 'fatal',
};

const GREY = '\u001b[90m';
const RESET = '\u001b[0m';
const BLUE = '\u001b[34m';
const TERMINAL: Readonly<Record<Level, { colour: string; mark: string }>> = {
  Debug: { colour: '\u001b[37m', mark: 'DBG' },
  Verbose: { colour: '\u001b[36m', mark: 'VRB' },
  Info: { colour: '\u001b[32m', mark: 'INF' },
  Warning: { colour: '\u001b[33m', mark: 'WRN' },
  Error: { colour: '\u001b[31m', mark: 'ERR' },
  Critical: { colour: '\u001b[35m', mark: 'CRI' },
  Fatal: { colour: '\u001b[91m', mark: 'FTL' },
};

/** A string is quoted; an object is shown as JSON. */
export type Attributes = Readonly<Record<string, string | number | boolean | object>>;

/** The place in fortio's sources that logs this, as its lines name it. */
export interface Place {
  file: string;
  line: number;
}

export interface LogEntry {
  level: Level;
  message: string;
  attributes?: Attributes;
  /** Without it the line names none, as log.Printf's. */
  place?: Place;
  /** Go's number for the goroutine; 1 is main. 0 leaves it out. */
  routine?: number;
}

export class Log {
  readonly #process: Process;
  #level: Level = 'Info';
  #json: boolean;
  /** Command-line tools on a terminal name no file and no goroutine. */
  #short = false;

  constructor(process: Process) {
    this.#process = process;
    this.#json = !process.isTerminal(2);
  }

  get onTerminal(): boolean {
    return this.#process.isTerminal(2);
  }

  /** -logger-json=false: plain lines. */
  set json(value: boolean) {
    if (!this.onTerminal) this.#json = value;
  }

  asClientTool(): void {
    this.#short = this.onTerminal;
  }

  shows(level: Level): boolean {
    return LEVELS.indexOf(level) >= LEVELS.indexOf(this.#level);
  }

  /** As -quiet does. */
  setQuietly(level: Level): void {
    this.#level = level;
  }

  /** As -loglevel does: the change itself is logged while Info still is. */
  async set(level: Level): Promise<void> {
    if (level === this.#level) return;
    const [to, from] = [LEVELS.indexOf(level), LEVELS.indexOf(this.#level)];
    await this.write({
      level: 'Info',
      message: `Log level is now ${to} ${level} (was ${from} ${this.#level})`,
      place: { file: 'logger.go', line: 321 },
    });
    this.#level = level;
  }

  async write(entry: LogEntry): Promise<void> {
    if (!this.shows(entry.level)) return;
    await this.#process.stderr.write(
      bytesOf(this.#json ? this.#jsonLine(entry) : this.#textLine(entry)),
    );
  }

  #jsonLine({ level, message, attributes = {}, place, routine = 1 }: LogEntry): string {
    const parts = [
      `"ts":${(this.#process.clock.now() / 1000).toFixed(6)}`,
      `"level":${quoted(JSON_NAMES[level])}`,
    ];
    if (routine > 0) parts.push(`"r":${routine}`);
    if (place) parts.push(`"file":${quoted(place.file)}`, `"line":${place.line}`);
    parts.push(`"msg":${quoted(message)}`);
    for (const [name, value] of Object.entries(attributes))
      parts.push(`${quoted(name)}:${shown(value)}`);
    return `{${parts.join(',')}}\n`;
  }

  #textLine({ level, message, attributes = {}, place, routine = 1 }: LogEntry): string {
    const { colour, mark } = TERMINAL[level];
    const now = this.#process.clock.now();
    const time = `${timestamp(now).slice(11, 19)}.${String(Math.floor(now % 1000)).padStart(3, '0')}`;
    const values = Object.entries(attributes);
    if (!this.onTerminal) {
      const where = place ? ` ${place.file}:${place.line}> ` : ' ';
      const pairs = values.map(([name, value]) => `, ${name}=${shown(value)}`).join('');
      return `${time.slice(0, 8)} [${level[0]}]${where}${message}${pairs}\n`;
    }
    const pairs = values.map(
      ([name, value]) => `${RESET}, ${BLUE}${name}${RESET}=${colour}${shown(value)}`,
    );
    const who = this.#short || routine === 0 ? '' : `\u001b[37mr${routine} `;
    const where = this.#short || !place ? ' ' : ` ${place.file}:${place.line}> `;
    return `${GREY}${time} ${who}${GREY}[${colour}${mark}${GREY}]${where}${colour}${message}${pairs.join('')}${RESET}\n`;
  }
}

function shown(value: string | number | boolean | object): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'number') return JSON.stringify(value);
  return Number.isInteger(value) ? String(value) : general(value);
}
