// Questions for re-checks: each is made anew, with other names and numbers, and works its answer out. Pure; chance comes in as a function.

export interface Asked {
  ask: string;
  /** What is counted: `requests`. */
  unit: string;
  answer: number;
  /** How far beside the answer is near enough: shares are about. */
  within: number;
  because: string;
}

interface Question {
  /** The quiz of the lesson that it belongs to. */
  quiz: string;
  make: (chance: Chance) => Asked;
}

export class Chance {
  readonly #random: () => number;

  /** @param random from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** A whole number, both ends included. */
  from(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  one<T>(of: readonly T[]): T {
    const found = of[Math.floor(this.#random() * of.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  }
}

const COMPANIES = [
  'Harbour Books',
  'Nordlicht Energy',
  'Tally & Sons',
  'Quince Kitchens',
  'Ferrybox',
];
const SERVICES = ['checkout', 'search', 'catalogue', 'invoices', 'stock', 'parcels'];

export const questions: readonly Question[] = [
  {
    quiz: 'proxy-quiz',
    make: (chance) => {
      const [older, newer] = [chance.from(3, 12), chance.from(2, 9)];
      return {
        ask: `${chance.one(COMPANIES)} labels its namespace for injection. ${older} pods are older than the label, and ${newer} were made after it. How many have a proxy?`,
        unit: 'pods',
        answer: newer,
        within: 0,
        because: 'The label is read when a pod is made, and at no other time.',
      };
    },
  },
  {
    quiz: 'canary-quiz',
    make: (chance) => {
      const [old, fresh, requests] = [
        chance.from(2, 6),
        chance.from(1, 2),
        chance.one([100, 200, 400]),
      ];
      return {
        ask: `${old} pods of ${chance.one(SERVICES)} run v1 and ${fresh} run v2, behind one Service and without any rule. Of ${requests} requests, about how many reach v2?`,
        unit: 'requests',
        answer: Math.round((requests * fresh) / (old + fresh)),
        within: requests * 0.06,
        because: 'Kubernetes shares by pod, and knows nothing of versions.',
      };
    },
  },
  {
    quiz: 'canary-quiz',
    make: (chance) => {
      const [pods, requests] = [chance.from(2, 8), chance.one([50, 100, 200])];
      return {
        ask: `A rule of ${chance.one(COMPANIES)} sends everybody to the subset “stable”, by a label that none of the ${pods} healthy pods wears. Of ${requests} requests, how many fail?`,
        unit: 'requests',
        answer: requests,
        within: 0,
        because: 'The rule is legal and selects nobody, so everybody is sent to nobody.',
      };
    },
  },
  {
    quiz: 'board-quiz',
    make: (chance) => {
      const share = chance.one([5, 10, 20, 25]);
      return {
        ask: `${chance.one(SERVICES)} has a VirtualService that sends everybody to v1. You apply a second one for the same host, with ${share}% for v2. Of 100 requests, how many reach v2?`,
        unit: 'requests',
        answer: 0,
        within: 0,
        because: 'For one host the older rule counts, and the newer is stored and ignored.',
      };
    },
  },
  {
    quiz: 'planes-quiz',
    make: (chance) => {
      const requests = chance.one([300, 500, 1_000]);
      return {
        ask: `The control plane of ${chance.one(COMPANIES)} is away for ${chance.from(5, 30)} minutes. Meanwhile ${requests} requests pass between its services. How many fail because of it?`,
        unit: 'requests',
        answer: 0,
        within: 0,
        because:
          'No request passes through istiod. The proxies go on with what they know; what stops is change.',
      };
    },
  },
  {
    quiz: 'breaker-quiz',
    make: (chance) => {
      const [pods, each] = [chance.from(3, 8), chance.one([20, 30, 50])];
      return {
        ask: `One of ${pods} pods of ${chance.one(SERVICES)} answers with errors, and nobody has set a circuit breaker. Of ${pods * each} requests, about how many fail?`,
        unit: 'requests',
        answer: each,
        within: each * 0.25,
        because: 'Each pod gets its share, whether it is well or not.',
      };
    },
  },
  {
    quiz: 'breaker-quiz',
    make: (chance) => {
      const [open, wait] = [chance.from(4, 12), chance.from(2, 10)];
      const callers = open + wait + chance.from(5, 40);
      return {
        ask: `A limit says: ${open} calls under way, ${wait} waiting. ${callers} calls arrive at the same moment. How many are refused at once?`,
        unit: 'calls',
        answer: callers - open - wait,
        within: 0,
        because:
          'What neither runs nor waits is refused on the spot, so that the rest stays quick.',
      };
    },
  },
  {
    quiz: 'everybody-quiz',
    make: (chance) => {
      const [services, retries] = [chance.from(12, 60), chance.from(2, 5)];
      return {
        ask: `The platform team of ${chance.one(COMPANIES)} sets ${retries} retries for all ${services} services, in one file. How many services have to be built again?`,
        unit: 'services',
        answer: 0,
        within: 0,
        because: 'The rule is followed by the proxies, which are told of it. No program changes.',
      };
    },
  },
  {
    quiz: 'worth-quiz',
    make: (chance) => {
      const [cost, month] = [chance.from(6, 20) * 10_000, chance.from(5, 30) * 1_000];
      const answer = Math.round(((12 * month - cost) / cost) * 100);
      return {
        ask: `A mesh costs ${dollars(cost)} in its first year, and saves ${dollars(month)} a month. What is the return on investment of that year, in percent?`,
        unit: 'percent',
        answer,
        within: 1,
        because: `Twelve months save ${dollars(12 * month)}. Less the cost, divided by the cost: ${answer}%.`,
      };
    },
  },
  {
    quiz: 'worth-quiz',
    make: (chance) => {
      const [services, pods] = [chance.from(10, 60), chance.from(2, 5)];
      return {
        ask: `${chance.one(COMPANIES)} runs ${services} services with ${pods} pods each. Each proxy reserves a tenth of a processor. How many processors do the proxies reserve?`,
        unit: 'processors',
        answer: Math.round(services * pods) / 10,
        within: 0.1,
        because: `${services} × ${pods} = ${services * pods} proxies, a tenth each.`,
      };
    },
  },
];

/** The newest questions of these quizzes, each quiz's own before any quiz has a second one. */
export function asked(
  quizzes: readonly string[],
  many: number,
  random: () => number,
): (Asked & { quiz: string })[] {
  const chance = new Chance(random);
  const left = questions.filter(({ quiz }) => quizzes.includes(quiz));
  const chosen: Question[] = [];
  while (chosen.length < many && left.length > 0) {
    const fresh = left.filter(({ quiz }) => !chosen.some((other) => other.quiz === quiz));
    const next = chance.one(fresh.length > 0 ? fresh : left);
    left.splice(left.indexOf(next), 1);
    chosen.push(next);
  }
  return chosen.map(({ quiz, make }) => ({ quiz, ...make(chance) }));
}

function dollars(amount: number): string {
  return `$${amount.toLocaleString('en-US')}`;
}
