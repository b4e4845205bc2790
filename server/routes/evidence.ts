// A learner's evidence and business case as pages ask for them: forget a measurement, read and write the case's own files.

import { EVIDENCE_PATH } from '../../protocol/evidence.ts';
import { CASE_PATH } from '../../protocol/business-case.ts';
import { type BusinessCase, isCaseFile } from '../workspace/business-case.ts';
import { type Route, textField } from './route.ts';

export function evidenceRoutes(
  forget: (learner: string, measure: string) => boolean,
  caseOf: (learner: string) => Pick<BusinessCase, 'read' | 'write'>,
): Route[] {
  return [
    {
      method: 'DELETE',
      path: `${EVIDENCE_PATH}/:measure`,
      answer: ({ learner, params }) =>
        forget(learner, params['measure'] ?? '') ? { body: {} } : 'LAB_NOT_FOUND',
    },
    {
      method: 'GET',
      path: `${CASE_PATH}/:name`,
      answer: async ({ learner, params }) => {
        const name = params['name'] ?? '';
        if (!isCaseFile(name)) return 'LAB_NOT_FOUND';
        return { body: { text: await caseOf(learner).read(name) } };
      },
    },
    {
      method: 'PUT',
      path: `${CASE_PATH}/:name`,
      answer: async ({ learner, params, body }) => {
        const name = params['name'] ?? '';
        if (!isCaseFile(name)) return 'LAB_NOT_FOUND';
        const text = textField(body, 'text');
        if (text === undefined) return 'LAB_BODY';
        const path = await caseOf(learner).write(name, text);
        return path === undefined ? 'LAB_CASE_FOLDER' : { body: { path } };
      },
    },
  ];
}
