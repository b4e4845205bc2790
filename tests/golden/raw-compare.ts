// Where two JSON values of one request differ, but for what may differ between two runs: uids, revisions, times, addresses,
// made names; and for what a simulated kubelet wrote in the recording. Knows the shapes of objects, nothing of requests.

const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

/** What upstream's texts are kept as: any text will do in their place. */
const PROSE = '<prose>';

/** The recording's API server listened elsewhere than kind's. */
const RECORDED_PORT = 26443;

const CHANCE: readonly (readonly [RegExp, string])[] = [
  // The recorded node's lease was held by its simulator.
  [/^vm_[0-9a-f-]{36}$/g, '<node>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b/g, '<time>'],
  [/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b/g, '<time>'],
  [/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g, '<certificate>'],
  [/\b10\.244\.\d+\.\d+\b/g, '<pod ip>'],
  [/\b10\.96\.(?!0\.1\b)\d+\.\d+\b/g, '<cluster ip>'],
  // The recording's API server and node had addresses of their machine's.
  [new RegExp(`\\b${RECORDED_PORT}\\b`, 'g'), '6443'],
  [/^127\.0\.0\.1$/g, '172.18.0.2'],
  [/default-scheduler-[\w-]+/g, 'default-scheduler-<host>'],
  [/(?<![\w-])(?:mesh-)?lab-control-plane/g, '<node>'],
  [/current: \d+/g, 'current: <revision>'],
  [/\?hash=[0-9A-F]+/g, '?hash=<hash>'],
  // Opaque to clients: a hash of what is served.
  [/^"[0-9A-F]{64,128}"$/g, '<etag>'],
  [/X509SHA256=[0-9a-f]+/g, 'X509SHA256=<hash>'],
  [/\.[0-9a-f]{16}$/g, '.<event>'],
  [new RegExp(`-${RANDOM}{8,10}-${RANDOM}{5}(?![\\w-])`, 'g'), '-<hash>-<random>'],
  [new RegExp(`-${RANDOM}{8,10}(?![\\w])`, 'g'), '-<hash>'],
  [new RegExp(`^${RANDOM}{8,10}$`, 'g'), '<hash>'],
  [new RegExp(`pod-template-hash=${RANDOM}{8,10}`, 'g'), 'pod-template-hash=<hash>'],
  [new RegExp(`-${RANDOM}{5}(?![\\w-])`, 'g'), '-<random>'],
  [/^(?:\d+y)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/g, '<age>'],
];

/** The text with all that may differ replaced by what kind of thing it is. */
export function masked(text: string): string {
  let result = text;
  for (const [pattern, replacement] of CHANCE)
    result = result.replace(pattern, (match) => (match === '' ? '' : replacement));
  return result;
}

/** Fields whose values say nothing. */
const FREE = new Set(['resourceVersion', 'continue', 'time']);

/** Differences shown of one step: the first say enough. */
const SHOWN = 12;

/** One line for each place that differs. */
export function differences(recorded: unknown, ours: unknown): string[] {
  const found: string[] = [];
  compare(comparable(recorded), comparable(ours), '', found);
  return found.slice(0, SHOWN);
}

function compare(recorded: unknown, ours: unknown, path: string, found: string[]): void {
  if (recorded === PROSE && typeof ours === 'string' && ours !== '') return;
  if (typeof recorded === 'string' && typeof ours === 'string') {
    if (masked(recorded) !== masked(ours))
      found.push(`${path}: ${shown(ours)} instead of ${shown(recorded)}`);
    return;
  }
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    if (recorded.length !== ours.length)
      found.push(`${path}: ${ours.length} items instead of ${recorded.length}`);
    for (let at = 0; at < Math.min(recorded.length, ours.length); at++)
      compare(recorded[at], ours[at], `${path}[${at}]`, found);
    return;
  }
  if (isFields(recorded) && isFields(ours)) {
    const wanted = maskedKeys(recorded);
    const got = maskedKeys(ours);
    for (const [key, value] of wanted) {
      if (!got.has(key)) found.push(`${path}.${key}: missing, recorded ${shown(value)}`);
      else if (!FREE.has(key)) compare(value, got.get(key), `${path}.${key}`, found);
    }
    for (const [key, value] of got)
      if (!wanted.has(key)) found.push(`${path}.${key}: ${shown(value)}, not recorded`);
    return;
  }
  if (recorded !== ours) found.push(`${path}: ${shown(ours)} instead of ${shown(recorded)}`);
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function maskedKeys(fields: Fields): Map<string, unknown> {
  return new Map(Object.entries(fields).map(([key, value]) => [masked(key), value]));
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Who reports for a node: no kubelet took part in the recording. */
const NODE_AGENTS = ['kubelet', 'kwok'];

/** The value without what the recording's simulated node wrote, and with entries in an order that no clock decides. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (value === RECORDED_PORT) return 6443;
  if (!isFields(value)) return value;
  const fields = Object.entries(value).map(([key, inner]) => [key, comparable(inner)] as const);
  return withoutNodeAgents(Object.fromEntries(fields));
}

function withoutNodeAgents(value: Fields): Fields {
  const { managedFields, annotations, labels, metadata } = value;
  const result = { ...value };
  // It counts every change since the recorded cluster was young.
  if (isFields(labels) && 'endpointslice.kubernetes.io/managed-by' in labels)
    delete result['generation'];
  // Entries stand in the order of their times: here all fall into one second.
  if (Array.isArray(managedFields))
    result['managedFields'] = managedFields
      .filter((entry: Fields) => !NODE_AGENTS.includes(String(entry['manager'])))
      .toSorted((a: Fields, b: Fields) => (identity(a) < identity(b) ? -1 : 1));
  if (isFields(annotations))
    result['annotations'] = Object.fromEntries(
      Object.entries(annotations).filter(([key]) => !NODE_ANNOTATIONS.includes(key)),
    );
  if (isPodStatus(value['status']))
    result['status'] = podStatus(
      value['status'],
      isFields(metadata) && 'deletionTimestamp' in metadata,
    );
  return result;
}

const NODE_ANNOTATIONS = [
  'kwok.x-k8s.io/node',
  'volumes.kubernetes.io/controller-managed-attach-detach',
];

function identity({ operation, manager, subresource }: Fields): string {
  return [operation, manager, subresource].map(String).join(' ');
}

function isPodStatus(status: unknown): status is Fields {
  return isFields(status) && 'qosClass' in status;
}

/** What the API server, the scheduler and every kubelet write alike; how a pod ends is the kubelet's own. */
function podStatus(status: Fields, ending: boolean): Fields {
  const { phase, qosClass, hostIP, podIP, conditions } = status;
  if (ending) return { qosClass, hostIP, podIP };
  const types = Array.isArray(conditions)
    ? conditions.map(({ type, status }: Fields) => ({ type, status }))
    : conditions;
  return { phase, qosClass, hostIP, podIP, conditions: types };
}

/** A Deployment without what its controller had written so far: how far it had come is a matter of pace. */
export function withoutController(value: unknown): unknown {
  if (!isFields(value) || !isFields(value['metadata'])) return value;
  const { status: _status, metadata, ...rest } = value;
  const { annotations: _annotations, managedFields, ...meta } = metadata as Fields;
  return {
    ...rest,
    metadata: {
      ...meta,
      managedFields: (Array.isArray(managedFields) ? managedFields : []).filter(
        ({ manager }: Fields) => manager !== 'kube-controller-manager',
      ),
    },
  };
}
