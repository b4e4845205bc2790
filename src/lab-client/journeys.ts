// Going to a step's known state, as the lab offers it: asked for when somebody opens it on a page.

import {
  DIFFERENCE_PATH,
  type Differences,
  TRAVEL_ARRIVED_PATH,
  TRAVEL_BACK_PATH,
  TRAVEL_PATH,
  type Travelled,
  type TravelPlan,
} from '../../protocol/travel.ts';
import { type Requests, textOf } from './requests.ts';

export class Journeys {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** What would happen. Changes nothing. `to` is `start:` or `end:` and a step's id. */
  async plan(to: string): Promise<TravelPlan> {
    const plan = await this.#requests.send('GET', `${TRAVEL_PATH}?${query(to)}`);
    if (textOf(plan, 'how') === undefined)
      throw new Error('The lab answered with something that is no plan.');
    return plan as TravelPlan;
  }

  async go(to: string): Promise<Travelled> {
    return travelled(await this.#requests.send('POST', TRAVEL_PATH, { to }));
  }

  /** After the page has typed what a replay needs. */
  async arrived(to: string): Promise<void> {
    await this.#requests.send('POST', TRAVEL_ARRIVED_PATH, { to });
  }

  async back(): Promise<Travelled> {
    return travelled(await this.#requests.send('POST', TRAVEL_BACK_PATH, {}));
  }

  async differences(to: string): Promise<Differences['differences']> {
    const answer = await this.#requests.send('GET', `${DIFFERENCE_PATH}?${query(to)}`);
    const found = (answer as Differences).differences;
    if (found !== undefined && !Array.isArray(found))
      throw new Error('The lab answered with something that is no list of differences.');
    return found;
  }
}

const query = (to: string) => new URLSearchParams({ to }).toString();

function travelled(value: unknown): Travelled {
  if (textOf(value, 'say') === undefined)
    throw new Error('The lab answered with something that is no arrival.');
  return value as Travelled;
}
