// The routes before the door is open: is a lab here, and may this browser in?

import { Rate } from '../terminal/rate.ts';
import { limits } from '../config.ts';
import { KEY_HEADER } from '../gate.ts';
import type { Gate } from '../gate.ts';
import { textField } from './route.ts';
import type { Route } from './route.ts';

/** Raised when an older page could misunderstand the lab. */
const ANSWER_VERSION = 1;

export function doorRoutes(gate: Gate): Route[] {
  const logins = new Rate(limits.loginsPerMinute / 60, limits.loginsPerMinute);
  return [
    {
      method: 'GET',
      path: '/lab/health',
      for: 'anybody',
      // An answer, not a refusal: a browser would print an error for each.
      answer: ({ headers }) => ({
        body: {
          meshproof: ANSWER_VERSION,
          open: gate.browser(headers, keyIn(headers[KEY_HEADER])) !== undefined,
        },
      }),
    },
    {
      method: 'POST',
      path: '/lab/login',
      for: 'anybody',
      answer: ({ headers, body }) => {
        const secret = textField(body, 'secret');
        if (secret === undefined) return 'LAB_BODY';
        if (!logins.allows()) return 'LAB_TOO_FAST';
        const admitted = gate.admit(headers, secret);
        return admitted ? { body: { key: admitted.key }, cookies: admitted.cookies } : 'LAB_SECRET';
      },
    },
  ];
}

export function keyIn(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
