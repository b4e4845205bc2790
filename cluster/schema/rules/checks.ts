// Small validations that many kinds share: numbers, selectors, percentages, addresses.
// Words and their order as Status objects show them.

import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import { fieldsOf, isFields, isSet, listOf, numberOf, stringOf, stringsOf } from '../fields.ts';
import { validateLabels } from '../metadata.ts';
import { labelValueProblems, percentProblems, qualifiedNameProblems } from '../names.ts';
import type { FieldError } from '../resource.ts';

export const NOT_NEGATIVE = 'must be greater than or equal to 0';

export function notNegative(value: unknown, path: string): FieldError[] {
  const number = numberOf(value);
  return number !== undefined && number < 0 ? [invalid(path, number, NOT_NEGATIVE)] : [];
}

export function inRange(value: unknown, least: number, most: number, path: string): FieldError[] {
  const number = numberOf(value);
  if (number === undefined || (number >= least && number <= most)) return [];
  return [invalid(path, number, `must be between ${least} and ${most}, inclusive`)];
}

/** Each problem with a name, as an error of the field. */
export function named(
  value: string,
  path: string,
  problems: (name: string) => string[],
): FieldError[] {
  return problems(value).map((problem) => invalid(path, value, problem));
}

export function validateLabelSelector(selector: unknown, path: string): FieldError[] {
  if (!isFields(selector)) return [];
  const errors = validateLabels(selector['matchLabels'], `${path}.matchLabels`);
  listOf(selector['matchExpressions']).forEach((expression, index) => {
    const here = `${path}.matchExpressions[${index}]`;
    const operator = stringOf(expression['operator']);
    const values = stringsOf(expression['values']);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(
          required(`${here}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(
          forbidden(
            `${here}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
    } else {
      errors.push(invalid(`${here}.operator`, operator, 'not a valid selector operator'));
    }
    errors.push(...named(stringOf(expression['key']), `${here}.key`, qualifiedNameProblems));
    values.forEach((value, at) =>
      errors.push(...named(value, `${here}.values[${at}]`, labelValueProblems)),
    );
  });
  return errors;
}

/** A selector that can be matched against labels; none at all can, and matches nothing. */
export function isUsable(selector: unknown): boolean {
  return validateLabelSelector(selector, '').length === 0;
}

export function isEmptySelector(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  return Object.keys(fieldsOf(matchLabels)).length + listOf(matchExpressions).length === 0;
}

/** A count or a percentage: `1`, `25%`. */
export function positiveIntOrPercent(value: unknown, path: string): FieldError[] {
  if (typeof value === 'string') return named(value, path, percentProblems);
  return notNegative(value, path);
}

export function notMoreThanAll(value: unknown, path: string): FieldError[] {
  if (typeof value !== 'string' || percentProblems(value).length > 0) return [];
  return Number.parseInt(value, 10) > 100
    ? [invalid(path, value, 'must not be greater than 100%')]
    : [];
}

/** Zero as a count or a percentage. */
export function isZero(value: unknown): boolean {
  return (
    !isSet(value) ||
    Number.parseInt(typeof value === 'number' ? `${value}` : stringOf(value), 10) === 0
  );
}

/** A required word out of a few. */
export function oneOf(value: unknown, words: readonly string[], path: string): FieldError[] {
  const word = stringOf(value);
  if (word === '') return [required(path)];
  return words.includes(word) ? [] : [notSupported(path, word, [...words].sort())];
}
