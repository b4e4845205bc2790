// A cluster for tests with the real API in front of the store: defaulting, validation, managed fields, admission and all.

import { readFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { Api } from '../../api/api.ts';
import { bootstrap } from '../../api/bootstrap.ts';
import type { World as ApiWorldParts } from '../../api/world.ts';
import { Clock } from '../../clock.ts';
import { type ClusterLimits, defaultLimits } from '../../limits.ts';
import type { Platform } from '../../platform.ts';
import type { SchemaBundle } from '../../schema/bundle.ts';
import { createRegistry } from '../../schema/registry.ts';
import { Store } from '../../store/store.ts';
import { type KindsClient, ofKinds } from '../kinds.ts';
import type { World } from '../world.ts';
import { START, seeded } from './world.ts';

const generated = new URL('../../schema/generated/', import.meta.url);

function read(name: string): never {
  return JSON.parse(readFileSync(new URL(name, generated), 'utf8')) as never;
}

const bundle: SchemaBundle = {
  types: read('types.json'),
  columns: read('columns.json'),
  descriptions: () => read('descriptions.json'),
};

export interface ApiWorld extends World {
  api: Api;
  /** Speaks as an administrator. */
  kinds: KindsClient;
  parts: ApiWorldParts;
  logged: string[];
  /** Milliseconds of cluster time, as fast as they go. */
  step(ms: number): Promise<void>;
}

export async function apiWorld(
  options: { seed?: number; limits?: Partial<ClusterLimits>; clock?: Clock } = {},
): Promise<ApiWorld> {
  const limits = { ...defaultLimits, historyChanges: 50_000, ...options.limits };
  const store = new Store(limits);
  const logged: string[] = [];
  const platform: Platform = {
    now: () => START,
    after: () => () => {},
    randomBytes: (count) => randomBytes(count),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    log: (_level, message) => logged.push(message),
  };
  const clock = options.clock ?? new Clock(platform, { manual: true, start: START });
  const random = seeded(options.seed ?? 1);
  const parts: ApiWorldParts = {
    store,
    registry: createRegistry(bundle),
    bundle,
    clock,
    platform,
    limits,
    random,
    kubelet: undefined,
    dialer: undefined,
  };
  const api = new Api({ world: parts, serverAddress: '172.18.0.2:6443' });
  await bootstrap({ client: api.client('kube-apiserver'), nodeIp: '172.18.0.2', apiPort: 6443 });
  return {
    store,
    clock,
    random,
    client: (name) => api.client(name),
    log: (_level, message) => void logged.push(message),
    rootCertificate: 'PEM',
    api,
    kinds: ofKinds(api.client('kubectl')),
    parts,
    logged,
    step: (ms) => clock.step(ms),
  };
}
