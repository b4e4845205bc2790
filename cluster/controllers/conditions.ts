// Conditions of a status: a list with at most one entry a type. Pure.
// Source: "typical status properties" in Kubernetes' API conventions.

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}

export function conditionIn<C extends Condition>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition<C extends Condition>(
  conditions: readonly C[] | undefined,
  type: string,
): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/**
 * Puts a condition in, at the end. One of the same status and reason stays as it is: its times mean something. One of the
 * same status keeps its time of transition.
 */
export function withCondition<C extends Condition>(
  conditions: readonly C[] | undefined,
  condition: C,
): C[] {
  const present = conditionIn(conditions, condition.type);
  if (present?.status === condition.status && present.reason === condition.reason)
    return [...(conditions ?? [])];
  const kept =
    present?.status === condition.status
      ? { ...condition, lastTransitionTime: present.lastTransitionTime }
      : condition;
  return [...withoutCondition(conditions, condition.type), kept];
}
