// A question with yes or no, asked until it is answered. No answer is no.

import type { Io } from './command.ts';

export async function confirmed(io: Io, question: string): Promise<boolean> {
  for (;;) {
    io.out(`${question} `);
    const answer = await io.readLine();
    if (answer === undefined || answer.trim() === '') return false;
    if (/^(y|yes)$/i.test(answer.trim())) return true;
    if (/^(n|no)$/i.test(answer.trim())) return false;
  }
}
