// A ```yaml quiz block → Quiz: two to four questions, each with choices of which one holds, and a reason for every choice. Knows its
// form; what a page makes of it is in src/components.

import * as z from 'zod/mini';
import { ID_FORM, isId } from './check.ts';
import { all, guess, type Problems } from './problem.ts';
import { type Origin, YamlText } from './yaml.ts';

const Choice = z.strictObject({
  says: z.string(),
  /** Of one choice in each question. */
  holds: z.optional(z.boolean()),
  /** Why it holds, or what is so instead. Whoever chose it wants to know. */
  because: z.string(),
});

const Question = z.strictObject({ ask: z.string(), choices: z.array(Choice) });

export const Quiz = z.strictObject({
  /** Unique in the course. */
  quiz: z.string(),
  /** Who would ask: `Could you explain this to Marcus?` */
  to: z.string(),
  questions: z.array(Question),
});
export type Quiz = z.infer<typeof Quiz>;

const FEWEST = 2;
const MOST = 4;

export function readQuiz(text: string, origin: Origin, problems: Problems): Quiz | undefined {
  const yaml = new YamlText(text, origin, problems);
  if (!yaml.isValid) return undefined;
  const parsed = Quiz.safeParse(yaml.value());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path;
      if (issue.code === 'unrecognized_keys') {
        const fields = path.includes('choices')
          ? Object.keys(Choice.shape)
          : path.includes('questions')
            ? Object.keys(Question.shape)
            : Object.keys(Quiz.shape);
        for (const key of issue.keys) {
          const message = `unknown field \`${key}\`: here stand ${all(fields.map((field) => `\`${field}\``))}.${guess(key, fields)}`;
          problems.add(yaml.placeOfKey(path, key), message);
        }
      } else {
        const message = `\`${String(path.at(-1) ?? 'quiz')}\` of a quiz is missing or of another kind.`;
        problems.add(yaml.place(path), message);
      }
    }
    return undefined;
  }
  const quiz = parsed.data;
  if (!isId(quiz.quiz)) problems.add(yaml.place(['quiz']), `\`${quiz.quiz}\` is no id. ${ID_FORM}`);
  if (quiz.questions.length < FEWEST || quiz.questions.length > MOST) {
    const message = `a quiz has ${FEWEST} to ${MOST} questions, and this one has ${quiz.questions.length}.`;
    problems.add(yaml.place(['questions']), message);
  }
  for (const [at, { choices }] of quiz.questions.entries()) {
    if (choices.length < FEWEST || choices.filter(({ holds }) => holds).length !== 1) {
      const message = 'a question has two choices or more, and `holds: true` at exactly one.';
      problems.add(yaml.place(['questions', at]), message);
    }
  }
  return quiz;
}
