// The course as its pages see it: which lesson is where, what stands before and behind it, and their addresses.

import catalogue from 'virtual:meshproof/catalogue';
import { isOnlySeen } from '../../protocol/check.ts';
import type { Lesson } from '../../protocol/lesson.ts';
import { type Module, modules } from './modules.ts';

/** In the order of the course. */
export const lessons: readonly Lesson[] = catalogue.lessons;

const base = import.meta.env.BASE_URL.replace(/\/$/, '');

/** An address below the site's base, wherever the site lies. `page` has no slash in front. */
export function addressOf(page: string): string {
  return `${base}/${page}`;
}

export function hrefOf(lesson: Lesson): string {
  return addressOf(`${lesson.id}/`);
}

/** The lesson on the page of this id; undefined for prose. */
export function lessonOn(id: string): Lesson | undefined {
  return lessons.find((lesson) => lesson.id === id);
}

export function lessonsOf({ number }: Module): Lesson[] {
  return lessons.filter((lesson) => lesson.module === number);
}

/** The module a page belongs to, by its address. */
export function moduleOn(id: string): Module | undefined {
  return modules.find(({ page }) => `${id}/`.startsWith(page));
}

/** Those that can be proven: what is only seen counts nowhere. */
export function checksOf(some: readonly Lesson[]): string[] {
  return some.flatMap(({ steps }) =>
    steps.flatMap(({ checks }) =>
      checks.filter((check) => !isOnlySeen(check)).map(({ check }) => check),
    ),
  );
}

export function minutesOf(some: readonly Lesson[]): number {
  return some.reduce((sum, { minutes }) => sum + minutes, 0);
}

export function neighbours(lesson: Lesson): { previous?: Lesson; next?: Lesson } {
  const at = lessons.indexOf(lesson);
  const [previous, next] = [lessons[at - 1], lessons[at + 1]];
  return { ...(previous && { previous }), ...(next && { next }) };
}

/** Those of the path: what is beside it may be left out. */
export function pathOf(some: readonly Lesson[]): Lesson[] {
  return some.filter(({ optional }) => !optional);
}

/** As people say it: `2 hours 55 minutes`. */
export function timeOf(some: readonly Lesson[]): string {
  const minutes = minutesOf(some);
  return [
    minutes >= 60 ? counted(Math.floor(minutes / 60), 'hour') : '',
    minutes % 60 > 0 ? counted(minutes % 60, 'minute') : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** `1 check`, `4 checks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
