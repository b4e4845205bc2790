// How events are listed. Both groups show the same objects in the same columns; the stored form is core/v1.
// Source: the columns of `kubectl get events -o wide`.

import type { KubeObject } from '../../object.ts';
import { at, fieldsOf, isSet, numberOf, stringOf } from '../fields.ts';
import { ageOf } from '../human-duration.ts';
import { column, nameColumn, type Printer, wide } from './columns.ts';

export const events: Printer = {
  columns: [
    column('Last Seen', 'string', '@core.v1.Event.lastTimestamp'),
    column('Type', 'string', '@core.v1.Event.type'),
    column('Reason', 'string', '@core.v1.Event.reason'),
    column('Object', 'string', '@core.v1.Event.involvedObject'),
    wide('Subobject', '@core.v1.ObjectReference.fieldPath'),
    wide('Source', '@core.v1.Event.source'),
    column('Message', 'string', '@core.v1.Event.message'),
    wide('First Seen', '@core.v1.Event.firstTimestamp'),
    wide('Count', '@core.v1.Event.count'),
    { ...nameColumn, priority: 1 },
  ],
  cells(event, now) {
    const [first, last, count] = occurrences(event, now);
    const object = fieldsOf(event['involvedObject']);
    const name = stringOf(object['name']);
    const kind = stringOf(object['kind']).toLowerCase();
    return [
      last,
      stringOf(event['type']),
      stringOf(event['reason']),
      name === '' ? kind : `${kind}/${name}`,
      stringOf(object['fieldPath']),
      sourceText(event),
      stringOf(event['message']).trim(),
      first,
      count,
      event.metadata.name,
    ];
  },
};

/** When it was first and last seen, and how often. A series counts by itself. */
function occurrences(event: KubeObject, now: number): [string, string, number] {
  const eventTime = event['eventTime'];
  const firstTime = event['firstTimestamp'];
  const lastTime = event['lastTimestamp'];
  const series = event['series'];
  const first = ageOf(isSet(firstTime) ? firstTime : eventTime, now);
  const last = isSet(lastTime) ? ageOf(lastTime, now) : first;
  const count = numberOf(event['count']) ?? 0;
  if (isSet(series))
    return [first, ageOf(at(series, 'lastObservedTime'), now), numberOf(at(series, 'count')) ?? 0];
  return [first, last, count === 0 ? 1 : count];
}

function sourceText(event: KubeObject): string {
  const source = fieldsOf(event['source']);
  const component = stringOf(source['component']) || stringOf(event['reportingComponent']);
  const host = stringOf(source['host']) || stringOf(event['reportingInstance']);
  return [component, host].filter((part) => part !== '').join(', ');
}
