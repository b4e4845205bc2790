// Tasks of Istio's public documentation, done with kubectl and curl in pods on services of our own: each in a cluster of its
// own, judged as the data-plane cases are.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { pinnedKubectl } from '../../support/kubectl.ts';
import { type Manifest, type MeshCase, fixtures } from '../mesh-cases/cases.ts';
import { play } from '../mesh-cases/play.ts';

export interface IstioTask extends MeshCase {
  /** Under istio.io/latest/docs/tasks/. */
  page: string;
}

const file = parse(readFileSync(new URL('tasks.yaml', import.meta.url), 'utf8')) as {
  fixtures: Record<string, Manifest[]>;
  cases: IstioTask[];
};
Object.assign(fixtures, file.fixtures);

export const tasks: readonly IstioTask[] = file.cases;

/** What came out otherwise than the page says, one line each. */
export async function faultsOf(task: IstioTask): Promise<string[]> {
  try {
    return await play(task, await pinnedKubectl());
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
