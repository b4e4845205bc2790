// Journeys with a real engine and the states that the course brings. The lessons' run proves that those states are good to go on from.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Catalogue, Step } from '../../protocol/lesson.ts';
import { catalogueOf } from '../../src/lesson/course.ts';
import { made } from '../../scripts/products.ts';
import { ClusterLab } from '../../tests/support/cluster-lab.ts';
import { Journey } from './journey.ts';
import { StatePack, stepDigests } from './pack.ts';
import { statesOf } from './states.ts';

let lab: ClusterLab;
let catalogue: Catalogue;
let known: string[];
const skipped = new Set<string>();

before(async () => {
  await made('schemas');
  lab = await ClusterLab.start({ clockSpeed: 1 });
  catalogue = catalogueOf('src/content/docs', process.cwd());
  const steps = moduleSteps();
  const pack = await StatePack.read(statesOf(2));
  const digests = stepDigests(steps);
  known = steps.flatMap(({ id }) => (pack?.knows(id, digests.get(id)) ? [id] : []));
});
after(() => lab.stop());

const moduleSteps = (): Step[] =>
  catalogue.lessons.filter(({ module }) => module === 2).flatMap(({ steps }) => steps);
const ids = (steps: readonly Step[]) => steps.map(({ id }) => id);

function journey(
  proven: readonly string[] = [],
  engine: 'embedded' | 'kind' = 'embedded',
): Journey {
  skipped.clear();
  return new Journey({
    workspace: lab.workspace,
    engine,
    catalogue: () => Promise.resolve(catalogue),
    proven: (check) => proven.includes(check),
    skipped: () => false,
    skip: (steps) => ids(steps).forEach((id) => skipped.add(id)),
    lend: (steps) => ids(steps).forEach((id) => skipped.delete(id)),
    expect: (steps) => ids(steps).forEach((id) => skipped.delete(id)),
  });
}

test('from nothing to the middle of a module: the plan says what will change, and then it is so', async () => {
  const target = known.find((id) => id === 'canary-rule') ?? known.at(-1);
  assert.ok(target, 'no state of module 2 is known: npm run lessons -- --record');
  const plan = await journey().plan(`end:${target}`);
  assert.equal(plan?.how, 'restore');
  assert.equal(plan.cluster, 'made');
  assert.equal(existsSync(lab.workspace.kubeconfig), false, 'a plan changes nothing');
  const went = await journey().go(`end:${target}`);
  const steps = ids(moduleSteps());
  const behind = steps.slice(0, steps.indexOf(target) + 1);
  assert.deepEqual([...skipped], behind, 'steps behind are skipped, steps ahead are to be done');
  assert.match(went?.say ?? '', /^You are behind step 6\.3/);
  assert.ok(existsSync(lab.workspace.kubeconfig));
  for (const { path, change } of plan.files) {
    const text = join(lab.workspace.directory, path);
    assert.equal(existsSync(text), change !== 'removed', path);
  }
  const { differences } = (await journey().differences(`end:${target}`)) ?? {};
  assert.deepEqual(differences, [], 'whoever has just arrived differs in nothing');
});

test('a journey backwards takes away what the step has made, and the way back brings the learner’s own files and cluster', async () => {
  const file = 'labs/02-service-mesh-value-proposition/virtual-service.yaml';
  const path = join(lab.workspace.directory, file);
  writeFileSync(path, 'mine: true\n');
  const plan = await journey().plan('start:canary-rule');
  assert.deepEqual(plan?.files.find(({ path: one }) => one === file)?.change, 'removed');
  await journey().go('start:canary-rule');
  assert.equal(existsSync(path), false);
  assert.match((await journey().back())?.say ?? '', /as they were before/);
  assert.equal(readFileSync(path, 'utf8'), 'mine: true\n');
});

test('what is not as the step leaves it is named', async () => {
  const { differences } = (await journey().differences('end:canary-rule')) ?? {};
  assert.deepEqual(differences, [
    { what: 'labs/02-service-mesh-value-proposition/virtual-service.yaml', is: 'other' },
  ]);
});

test('a cluster that keeps no states is led there by typing, from the last step that is done', async () => {
  const steps = moduleSteps();
  const [first, second, third] = steps;
  assert.ok(first && second && third);
  const proven = first.checks.map(({ check }) => check);
  const plan = await journey(proven, 'kind').plan(`end:${third.id}`);
  assert.equal(plan?.how, 'replay');
  assert.deepEqual(
    plan.blocks.map(({ text }) => text),
    [second, third].flatMap(({ blocks }) => blocks.map(({ text }) => text)),
  );
  assert.equal(plan.fromScratch, false);
});

test('before the first step there is no cluster, and no file of any step', async () => {
  const plan = await journey().plan('start:start-cluster');
  assert.deepEqual([plan?.how, plan?.cluster, plan?.skipped], ['restore', 'removed', []]);
  await journey().go('start:start-cluster');
  assert.equal(existsSync(lab.workspace.kubeconfig), false);
});

test('a step that the course does not have is no way anywhere', async () => {
  assert.equal(await journey().plan('end:nowhere'), undefined);
  assert.equal(await journey().go('end:nowhere'), undefined);
  assert.equal(await journey().differences('end:nowhere'), undefined);
});
