// One event, two groups: core/v1 and events.k8s.io/v1 show the same stored objects under different field names.
// Source: the Event types of both groups in the Kubernetes API reference.

import type { KubeObject } from '../object.ts';

/** Field of events.k8s.io/v1 → field of v1, where they differ. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};

const NEW_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(OLD_NAMES).map(([newer, older]) => [older, newer]),
);

/** Fields that v1 leaves out when empty and events.k8s.io/v1 does not have as empty values either. */
export function eventToCore(event: KubeObject): KubeObject {
  return renamed(event, OLD_NAMES, 'v1');
}

export function eventFromCore(event: KubeObject): KubeObject {
  return renamed(event, NEW_NAMES, 'events.k8s.io/v1');
}

function renamed(
  event: KubeObject,
  names: Readonly<Record<string, string>>,
  apiVersion: string,
): KubeObject {
  if (event.apiVersion === apiVersion) return event;
  const { apiVersion: _old, kind, metadata, ...rest } = event;
  const fields = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [names[name] ?? name, value]),
  );
  return { apiVersion, kind, metadata, ...fields };
}
