// What istiod's validation would say of each object: its errors and warnings as messages.

import type { KubeObject } from '../../object.ts';
import { listOf } from '../../schema/fields.ts';
import { type UnusedRule, unusedRules, wordsOf } from '../validation/unreachable-rules.ts';
import { validate } from '../validation/validation.ts';
import { type Message, message } from './messages.ts';
import { specOf } from './subjects.ts';

export function schemaMessages(object: KubeObject): Message[] {
  const { errors, warnings } = validate(object);
  const unused = object.kind === 'VirtualService' ? unusedOf(object) : [];
  // Rules that are not used have messages of their own.
  const told = new Set(unused.map(wordsOf));
  return [
    ...errors.map((error) => message('IST0106', object, `Schema validation error: ${error}`)),
    ...warnings
      .filter((warning) => !told.has(warning))
      .map((warning) => message('IST0133', object, `Schema validation warning: ${warning}`)),
    ...unused.map((each) => unusedMessage(object, each)),
  ];
}

function unusedOf(object: KubeObject): UnusedRule[] {
  const spec = specOf(object);
  return ['http', 'tcp', 'tls'].flatMap((field) => unusedRules(listOf(spec[field])));
}

function unusedMessage(object: KubeObject, unused: UnusedRule): Message {
  return unused.kind === 'unreachable'
    ? message('IST0130', object, `VirtualService rule ${unused.rule} not used (${unused.reason}).`)
    : message(
        'IST0131',
        object,
        `VirtualService rule ${unused.rule} match ${unused.match} is not used (duplicate/overlapping match in rule ${unused.duplicateOf}).`,
      );
}
