// Which rules belong to which kind. Kinds without rules of their own have the metadata rules that all share.

import type { GroupResource } from '../resource.ts';
import type { KindRules } from '../strategy.ts';

const rules: Readonly<Record<GroupResource, KindRules>> = {};

export function rulesOf(resource: GroupResource): KindRules {
  return rules[resource] ?? {};
}
