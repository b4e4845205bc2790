// DNS messages as dig and host -v print them. Source: the output of BIND 9.18 for the same answers.

import type { AnswerRecord, Reply } from './asking.ts';
import { dotted } from './asking.ts';

/** Columns of BIND's master file style. */
const TTL_COLUMN = 24;
const CLASS_COLUMN = 32;
const TYPE_COLUMN = 40;
const DATA_COLUMN = 48;
const TAB = 8;

export interface Sections {
  comments: boolean;
  question: boolean;
  answer: boolean;
  authority: boolean;
  additional: boolean;
}

/** `cookie` is undefined without EDNS. */
export function messageText(reply: Reply, sections: Sections, cookie: string | undefined): string {
  const { comments } = sections;
  let text = '';
  if (comments) text += headText(reply, cookie === undefined ? 0 : 1);
  if (comments && cookie !== undefined)
    text += `;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n; COOKIE: ${cookie} (echoed)\n`;
  if (sections.question) text += sectionText('QUESTION', [questionLine(reply)], comments);
  const parts: [string, boolean, readonly AnswerRecord[]][] = [
    ['ANSWER', sections.answer, reply.answer],
    ['AUTHORITY', sections.authority, reply.authority],
    ['ADDITIONAL', sections.additional, reply.additional],
  ];
  for (const [name, shown, records] of parts)
    if (shown && records.length > 0) text += sectionText(name, records.map(recordLine), comments);
  return text;
}

function headText(reply: Reply, options: number): string {
  const { code, id, authoritative, answer, authority, additional } = reply;
  return (
    `;; ->>HEADER<<- opcode: QUERY, status: ${code}, id: ${id}\n` +
    `;; flags: qr ${authoritative ? 'aa rd' : 'rd ra'}; QUERY: 1, ANSWER: ${answer.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length + options}\n` +
    (authoritative ? ';; WARNING: recursion requested but not available\n' : '') +
    '\n'
  );
}

function sectionText(name: string, lines: readonly string[], comments: boolean): string {
  const body = lines.map((line) => `${line}\n`).join('');
  return comments ? `;; ${name} SECTION:\n${body}\n` : body;
}

function questionLine({ name, type }: Reply): string {
  const line = new ColumnLine();
  line.add(0, dotted(name));
  line.add(CLASS_COLUMN, 'IN');
  line.add(TYPE_COLUMN, type);
  return `;${line.text}`;
}

export function recordLine({ name, ttl, type, value }: AnswerRecord): string {
  const line = new ColumnLine();
  line.add(0, dotted(name));
  line.add(TTL_COLUMN, String(ttl));
  line.add(CLASS_COLUMN, 'IN');
  line.add(TYPE_COLUMN, type);
  line.add(DATA_COLUMN, value);
  return line.text;
}

/** Words put into columns with tabs where a tab fits, else one blank. */
class ColumnLine {
  text = '';
  #at = 0;

  add(column: number, word: string): void {
    if (this.#at > 0) {
      const to = Math.max(column, this.#at + 1);
      const tabs = Math.floor(to / TAB) - Math.floor(this.#at / TAB);
      const from = tabs > 0 ? Math.floor(to / TAB) * TAB : this.#at;
      this.text += '\t'.repeat(tabs) + ' '.repeat(to - from);
      this.#at = to;
    }
    this.text += word;
    this.#at += word.length;
  }
}
