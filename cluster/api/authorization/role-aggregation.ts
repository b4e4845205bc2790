// ClusterRoles that gather the rules of others: kept in step with the roles whose labels they select.
// Source: "Aggregated ClusterRoles" of the RBAC documentation.

import type { KubeObject } from '../../object.ts';
import type { Cancel } from '../../platform.ts';
import { at, isFields, listOf, same } from '../../schema/fields.ts';
import { labelSelectorOf, matchesLabels } from '../../schema/label-selector.ts';
import type { ApiClient } from '../client.ts';
import { isConflict } from '../status.ts';
import type { World } from '../world.ts';

const CLUSTER_ROLES = 'clusterroles.rbac.authorization.k8s.io';

export class RoleAggregation {
  readonly #world: World;
  readonly #client: ApiClient;
  #scheduled: Cancel | undefined;
  #stop: Cancel | undefined;

  constructor(world: World, client: ApiClient) {
    this.#world = world;
    this.#client = client;
  }

  start(): void {
    this.#stop = this.#world.store.onChange(({ resource }) => {
      if (resource === CLUSTER_ROLES) this.#later();
    });
    this.#later();
  }

  close(): void {
    this.#stop?.();
    this.#scheduled?.();
  }

  #later(): void {
    this.#scheduled ??= this.#world.clock.after(0, () => {
      this.#scheduled = undefined;
      this.#sync().catch((error: unknown) => {
        if (isConflict(error)) return this.#later();
        this.#world.platform.log('error', `aggregated roles: ${String(error)}`);
      });
    });
  }

  async #sync(): Promise<void> {
    const roles = this.#world.store.list(CLUSTER_ROLES);
    for (const role of roles) {
      if (!isFields(role['aggregationRule'])) continue;
      const rules = gathered(role, roles);
      if (same(rules, role['rules'] ?? [])) continue;
      await this.#client.modify(CLUSTER_ROLES, undefined, role.metadata.name, (draft) => {
        draft['rules'] = rules;
      });
    }
  }
}

/** Rules of all selected roles, each once, roles in the order of their names. */
function gathered(role: KubeObject, roles: readonly KubeObject[]): unknown[] {
  const rules: unknown[] = [];
  for (const selector of listOf(at(role, 'aggregationRule', 'clusterRoleSelectors'))) {
    const requirements = labelSelectorOf(selector);
    if (!requirements) continue;
    for (const other of roles) {
      if (other.metadata.name === role.metadata.name) continue;
      if (!matchesLabels(requirements, other.metadata.labels)) continue;
      for (const rule of listOf(other['rules']))
        if (!rules.some((each) => same(each, rule))) rules.push(rule);
    }
  }
  return rules;
}
