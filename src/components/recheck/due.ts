// When what was learned is asked again: a week after a lesson's questions, then after three, then after two months. Pure.

const DAY_MS = 86_400_000;
/** After the lesson, and after each re-check. */
const WAITS_DAYS = [7, 21, 60] as const;

/** What is remembered of one quiz: when it was last done or asked again, and how often again. */
export interface Remembered {
  at: number;
  again: number;
}

/** Those whose time has come, the longest waiting first. After the last wait nothing is asked any more. */
export function due(quizzes: ReadonlyMap<string, Remembered>, now: number): string[] {
  return [...quizzes]
    .flatMap(([quiz, { at, again }]) => {
      const days = WAITS_DAYS[again];
      const late = days === undefined ? -1 : now - at - days * DAY_MS;
      return late >= 0 ? [{ quiz, late }] : [];
    })
    .sort((a, b) => b.late - a.late)
    .map(({ quiz }) => quiz);
}
