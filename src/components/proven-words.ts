// What a block was last proven on, in one line for the page. Pure.

import { Proven } from '../../protocol/lesson.ts';
import { dayOf } from './page/day.ts';

/** @param json as src/lesson/page.ts hands it to the component */
export function provenWords(json: string): string {
  const { engine, versions, date } = Proven.parse(JSON.parse(json));
  const what = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Last proven ${dayOf(date)} on ${[engine, ...what].join(', ')}`;
}
