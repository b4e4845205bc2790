// Label selectors of objects (matchLabels and matchExpressions). Selectors written as text in requests are the API's.

import type { LabelSelector } from './kinds.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** An absent selector matches nothing, an empty one everything. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false;
  if (!includesLabels(labels, selector.matchLabels)) return false;
  return (selector.matchExpressions ?? []).every((expression) => {
    const value = labels?.[expression.key];
    const values = expression.values ?? [];
    switch (expression.operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return (
    Object.keys(selector?.matchLabels ?? {}).length === 0 &&
    (selector?.matchExpressions ?? []).length === 0
  );
}

/** Every label of `wanted` is there with the same value. */
export function includesLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => labels?.[name] === value);
}
