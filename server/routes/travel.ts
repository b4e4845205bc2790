// Going to a step's known state, as pages ask for it: first what would happen, then, when the learner says so, that it happens.

import {
  DIFFERENCE_PATH,
  TRAVEL_ARRIVED_PATH,
  TRAVEL_BACK_PATH,
  TRAVEL_PATH,
} from '../../protocol/travel.ts';
import { ControlRefusal } from '../travel/control.ts';
import type { Journey } from '../travel/journey.ts';
import { type LabAnswer, type Route, textField } from './route.ts';
import type { LabErrorCode } from '../../protocol/errors.ts';

type JourneyOf = (
  learner: string,
) => Pick<Journey, 'plan' | 'go' | 'arrivedAt' | 'back' | 'differences'>;

export function travelRoutes(journeyOf: JourneyOf): Route[] {
  return [
    {
      method: 'GET',
      path: TRAVEL_PATH,
      answer: ({ query, learner }) => answered(journeyOf(learner).plan(query.get('to') ?? '')),
    },
    {
      method: 'POST',
      path: TRAVEL_PATH,
      answer: ({ body, learner }) => answered(journeyOf(learner).go(textField(body, 'to') ?? '')),
    },
    {
      method: 'POST',
      path: TRAVEL_ARRIVED_PATH,
      answer: async ({ body, learner }) => {
        const known = await journeyOf(learner).arrivedAt(textField(body, 'to') ?? '');
        return known ? { body: {} } : 'LAB_TRAVEL_UNKNOWN';
      },
    },
    {
      method: 'POST',
      path: TRAVEL_BACK_PATH,
      answer: ({ learner }) => answered(journeyOf(learner).back()),
    },
    {
      method: 'GET',
      path: DIFFERENCE_PATH,
      answer: ({ query, learner }) =>
        answered(journeyOf(learner).differences(query.get('to') ?? '')),
    },
  ];
}

async function answered(found: Promise<object | undefined>): Promise<LabAnswer | LabErrorCode> {
  try {
    const body = await found;
    return body === undefined ? 'LAB_TRAVEL_UNKNOWN' : { body };
  } catch (error) {
    // The engine's own sentence says more than any code of ours.
    if (error instanceof ControlRefusal)
      return { status: 409, body: { error: 'LAB_TRAVEL_REFUSED', say: error.message } };
    throw error;
  }
}
