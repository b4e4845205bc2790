// Terminals as pages ask for them: which there are, a new one, an end, a ticket. The holder has them; this hands on.

import type { Answer, Ask } from '../../protocol/processes.ts';
import { textField } from './route.ts';
import type { LabAnswer, Route } from './route.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';

export type AskHolder = (ask: Ask) => Promise<Answer>;

export function terminalRoutes(askHolder: AskHolder): Route[] {
  return [
    {
      method: 'GET',
      path: '/lab/terminals',
      answer: async ({ learner }) => answerOf(await askHolder({ ask: 'terminals', learner })),
    },
    {
      method: 'POST',
      path: '/lab/terminals',
      answer: async ({ learner, body }) => {
        const name = textField(body, 'name');
        if (name === undefined) return 'LAB_BODY';
        return answerOf(await askHolder({ ask: 'open terminal', learner, name }), 201);
      },
    },
    {
      method: 'PUT',
      path: '/lab/terminals/:session',
      answer: async ({ learner, params, body }) => {
        const name = textField(body, 'name');
        if (name === undefined) return 'LAB_BODY';
        const { session = '' } = params;
        return answerOf(await askHolder({ ask: 'rename terminal', learner, session, name }));
      },
    },
    {
      method: 'DELETE',
      path: '/lab/terminals/:session',
      answer: async ({ learner, params }) =>
        answerOf(
          await askHolder({ ask: 'close terminal', learner, session: params['session'] ?? '' }),
        ),
    },
    {
      method: 'POST',
      path: '/lab/ticket',
      answer: async ({ learner, body }, browser = '') => {
        const session = textField(body, 'session');
        if (session === undefined) return 'LAB_BODY';
        return answerOf(await askHolder({ ask: 'ticket', learner, session, browser }));
      },
    },
  ];
}

function answerOf(answer: Answer, status = 200): LabAnswer | LabErrorCode {
  switch (answer.answer) {
    case 'terminals':
      return { body: answer.terminals };
    case 'terminal':
      return { status, body: answer.terminal };
    case 'ticket':
      return { body: { ticket: answer.ticket } };
    case 'closed':
      return { body: {} };
    case 'error':
      return answer.code;
  }
}
