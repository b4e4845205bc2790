// The tasks of Istio's documentation: some minutes with a cluster for each, too long for every change.

import { faultsOf, tasks } from '../golden/istio-tasks/tasks.ts';
import type { SoakPart } from './part.ts';

export const istioTasks: SoakPart = {
  name: 'istio-tasks',
  run: async ({ say }) => {
    const failures: string[] = [];
    let passed = 0;
    for (const task of tasks) {
      const faults = await faultsOf(task);
      say(`${task.id}: ${faults.length === 0 ? 'as its page says' : faults.join('; ')}`);
      if (faults.length === 0) passed++;
      failures.push(
        ...faults.map((fault) => `${task.id}: ${fault} (npm run istio-tasks -- ${task.id})`),
      );
    }
    return { passed, failures };
  },
};
