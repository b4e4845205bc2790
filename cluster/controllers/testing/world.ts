// A small cluster for unit tests: a store, a stepped clock, seeded chance and the API double.

import type { Draft } from '../../api/client.ts';
import type { StatusError } from '../../api/status.ts';
import { Clock } from '../../clock.ts';
import { defaultLimits } from '../../limits.ts';
import type { KubeObject } from '../../object.ts';
import { Store } from '../../store/store.ts';
import type { World } from '../world.ts';
import { type KindsClient, ofKinds } from '../kinds.ts';
import { ApiDouble } from './api-double.ts';

/** 2026-11-22T10:53:44Z */
export const START = 1_795_344_824_000;

export interface TestWorld extends World {
  api: ApiDouble;
  kinds: KindsClient;
  /** What was logged; a test that expects no fault asserts that it is empty. */
  logged: string[];
  refuse?: (verb: string, resource: string, object: Draft | KubeObject) => StatusError | undefined;
}

export function testWorld(seed = 1): TestWorld {
  const store = new Store({ ...defaultLimits, historyChanges: 50_000 });
  const clock = new Clock(
    { now: () => START, after: () => () => {} },
    { manual: true, start: START },
  );
  const random = seeded(seed);
  const logged: string[] = [];
  const api = new ApiDouble({
    store,
    clock,
    random,
    refuse: (verb, resource, object) => world.refuse?.(verb, resource, object),
  });
  const world: TestWorld = {
    store,
    clock,
    random,
    client: () => api,
    log: (_level, message) => logged.push(message),
    api,
    kinds: ofKinds(api),
    logged,
  };
  return world;
}

/** Mulberry32: small, and good enough for tests. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
