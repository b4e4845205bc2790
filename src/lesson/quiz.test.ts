import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problems } from './problem.ts';
import { readQuiz } from './quiz.ts';

function read(text: string) {
  const problems = new Problems('day.mdx');
  const quiz = readQuiz(text, { line: 10, indent: 0 }, problems);
  return { quiz, said: problems.found.map(({ line, message }) => `${line}: ${message}`) };
}

const QUESTION = `  - ask: Why?
    choices:
      - says: Because.
        holds: true
        because: It is so.
      - says: By chance.
        because: Nothing here is.
`;

test('a quiz is its questions, each with choices and a reason for every one', () => {
  const { quiz, said } = read(`quiz: day-quiz\nto: Marcus\nquestions:\n${QUESTION}${QUESTION}`);
  assert.deepEqual(said, []);
  assert.equal(quiz?.questions[0]?.choices[1]?.because, 'Nothing here is.');
});

test('what is wrong with a quiz is said at its line', () => {
  assert.deepEqual(read(`quiz: Day\nto: Marcus\nquestions:\n${QUESTION}`).said, [
    '10: `Day` is no id. Write small letters, digits and hyphens: `deploy-frontend`.',
    '13: a quiz has 2 to 4 questions, and this one has 1.',
  ]);
  const none = QUESTION.replace('        holds: true\n', '');
  assert.deepEqual(read(`quiz: day\nto: Marcus\nquestions:\n${QUESTION}${none}`).said, [
    '20: a question has two choices or more, and `holds: true` at exactly one.',
  ]);
  assert.deepEqual(
    read(`quiz: day\nto: M\nquestion: []\nquestions:\n${QUESTION}${QUESTION}`).said,
    [
      '12: unknown field `question`: here stand `quiz`, `to` and `questions`. Did you mean `questions`?',
    ],
  );
});
