// The chain every write passes after it was understood and before it is stored. Plugins come in the real server's order.
// Knows the order; each plugin knows its rule.

import type { KubeObject } from '../../object.ts';
import type { Caller, ServedKind, World } from '../world.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface Attributes {
  operation: Operation;
  kind: ServedKind;
  namespace: string | undefined;
  /** Empty while a name is still to be generated. */
  name: string;
  subresource: string | undefined;
  /** In the request's version. Mutating plugins change it in place. Absent on DELETE. */
  object: KubeObject | undefined;
  old: KubeObject | undefined;
  caller: Caller;
}

export interface Plugin {
  name: string;
  /** Changes the object, or throws a StatusError. */
  mutate?(attributes: Attributes, world: World): void | Promise<void>;
  /** Throws a StatusError. */
  validate?(attributes: Attributes, world: World): void | Promise<void>;
}

export class Admission {
  readonly #plugins: readonly Plugin[];
  readonly #world: World;

  constructor(world: World, plugins: readonly Plugin[]) {
    this.#world = world;
    this.#plugins = plugins;
  }

  /** Waits only for plugins that wait: most writes go through without leaving their turn. */
  mutate(attributes: Attributes): Promise<void> | undefined {
    return this.#run(attributes, 'mutate', 0);
  }

  validate(attributes: Attributes): Promise<void> | undefined {
    return this.#run(attributes, 'validate', 0);
  }

  #run(
    attributes: Attributes,
    stage: 'mutate' | 'validate',
    from: number,
  ): Promise<void> | undefined {
    for (let at = from; at < this.#plugins.length; at++) {
      const pending = this.#plugins[at]?.[stage]?.(attributes, this.#world);
      if (pending) return pending.then(() => this.#run(attributes, stage, at + 1));
    }
    return undefined;
  }
}
