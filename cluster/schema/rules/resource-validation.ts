// What must hold of requests and limits. Amounts have been made canonical when they were decoded.
// Source: "Resource Management for Pods and Containers" of the Kubernetes documentation; words as Status objects show them.

import { forbidden, invalid } from '../field-errors.ts';
import { isFields, listOf, stringMapOf, stringOf } from '../fields.ts';
import { qualifiedNameProblems } from '../names.ts';
import { compareQuantities, quantityOf } from '../quantity.ts';
import type { FieldError } from '../resource.ts';
import { NOT_NEGATIVE } from './checks.ts';

const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);
/** Names that are standard in quotas, but not for containers. */
const QUOTA_NAMES = new Set([
  'storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
]);

export function validateResources(resources: unknown, path: string): FieldError[] {
  if (!isFields(resources)) return [];
  const errors: FieldError[] = [];
  const limits = stringMapOf(resources['limits']);
  const requests = stringMapOf(resources['requests']);
  for (const name of Object.keys(limits).sort())
    errors.push(...validateAmount(name, limits[name] ?? '', `${path}.limits`));
  for (const name of Object.keys(requests).sort()) {
    errors.push(...validateAmount(name, requests[name] ?? '', `${path}.requests`));
    errors.push(...validateAgainstLimit(name, requests[name] ?? '', limits[name], path));
  }
  listOf(resources['claims']).forEach((claim, index) => {
    if (stringOf(claim['name']) === '')
      errors.push(forbidden(`${path}.claims[${index}].name`, 'must name a claim of the pod'));
  });
  return errors;
}

function validateAmount(name: string, amount: string, path: string): FieldError[] {
  const here = `${path}[${name}]`;
  const errors = qualifiedNameProblems(name).map((problem) => invalid(here, name, problem));
  if (errors.length === 0 && !name.includes('/') && !STANDARD.has(name) && !isHugePage(name)) {
    if (!QUOTA_NAMES.has(name))
      errors.push(invalid(here, name, 'must be a standard resource type or fully qualified'));
    errors.push(invalid(here, name, 'must be a standard resource for containers'));
  }
  const quantity = quantityOf(amount);
  if (quantity.nanos < 0n) errors.push(invalid(here, amount, NOT_NEGATIVE));
  if (isInteger(name) && quantity.nanos % 1_000_000_000n !== 0n)
    errors.push(invalid(here, amount, 'must be an integer'));
  return errors;
}

function isHugePage(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Devices and the like come whole. */
function isInteger(name: string): boolean {
  return name.includes('/');
}

function validateAgainstLimit(
  name: string,
  request: string,
  limit: string | undefined,
  path: string,
): FieldError[] {
  if (limit === undefined) return [];
  const order = compareQuantities(quantityOf(request), quantityOf(limit));
  const overcommits = STANDARD.has(name);
  if (!overcommits && order !== 0)
    return [invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  return order > 0
    ? [
        invalid(
          `${path}.requests`,
          request,
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      ]
    : [];
}
