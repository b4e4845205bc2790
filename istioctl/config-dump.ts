// A configuration dump of Envoy as istioctl reads it: from a pod's proxy or from a file; its parts, and the same in the form
// in which protobuf messages are printed.
// Source: Envoy docs, administration interface; protobuf.dev, ProtoJSON format (names in lower camel case).

import { readFileSync } from 'node:fs';
import { type Fields, fieldsOf, isFields, listOf, stringOf } from '../cluster/schema/fields.ts';
import { CommandError, type Invocation } from './command.ts';
import { podMeant, type PodName } from './pods.ts';
import { requestForwarded } from './port-forward.ts';

/** What Envoy answers to `GET path` in a pod. */
export async function askEnvoy(
  invocation: Invocation,
  { name, namespace }: PodName,
  path: string,
  { method = 'GET', port = ADMIN_PORT }: { method?: string; port?: number } = {},
): Promise<string> {
  return requestForwarded(invocation.cluster(), { namespace, pod: name, port }, path, method);
}

export const ADMIN_PORT = 15_000;

export class ConfigDump {
  readonly #parts: readonly Fields[];

  /** Throws a CommandError for text that is no dump. */
  constructor(text: string) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new CommandError(
        `error unmarshalling config dump response from Envoy: ${error.message}`,
      );
    }
    this.#parts = listOf(fieldsOf(parsed)['configs']);
  }

  /** `ClustersConfigDump`; empty when the dump has none. */
  part(name: string): Fields {
    return fieldsOf(this.#parts.find((part) => stringOf(part['@type']).endsWith(`.${name}`)));
  }

  clusters(): Fields[] {
    const part = this.part('ClustersConfigDump');
    return messages(
      [...listOf(part['dynamic_active_clusters']), ...listOf(part['static_clusters'])],
      'cluster',
    );
  }

  listeners(): Fields[] {
    const part = this.part('ListenersConfigDump');
    const dynamic = listOf(part['dynamic_listeners']).map(({ active_state }) =>
      fieldsOf(active_state),
    );
    return messages([...dynamic, ...listOf(part['static_listeners'])], 'listener');
  }

  routes(): Fields[] {
    const part = this.part('RoutesConfigDump');
    return messages(
      [...listOf(part['dynamic_route_configs']), ...listOf(part['static_route_configs'])],
      'route_config',
    );
  }

  endpoints(): Fields[] {
    const part = this.part('EndpointsConfigDump');
    return messages(
      [...listOf(part['dynamic_endpoint_configs']), ...listOf(part['static_endpoint_configs'])],
      'endpoint_config',
    );
  }
}

function messages(list: readonly Fields[], field: string): Fields[] {
  return list.map((each) => fieldsOf(each[field])).filter((each) => Object.keys(each).length > 0);
}

/** Of a pod, or of the file that --file names. */
export async function configDumpOf(
  invocation: Invocation,
  query: string,
): Promise<{ dump: ConfigDump; text: string }> {
  const [pod] = invocation.args;
  const file = invocation.flags.string('file');
  const text =
    pod === undefined ? await fileText(invocation, file) : await podDump(invocation, pod, query);
  return { dump: new ConfigDump(text), text };
}

export async function podDump(invocation: Invocation, pod: string, query: string): Promise<string> {
  const meant = await podMeant(invocation, pod);
  try {
    return await askEnvoy(invocation, meant, `config_dump${query}`, {
      port: invocation.flags.int('proxy-admin-port'),
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      `failed to execute command on ${meant.name}.${meant.namespace} sidecar: ${error.message}`,
    );
  }
}

/** `-` is stdin. */
export async function fileText({ io }: Invocation, file: string): Promise<string> {
  if (file === '-') return io.readInput();
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new CommandError(`open ${file}: no such file or directory`);
  }
}

/** Fields whose keys are not names of fields: maps, and structures of free form. */
const MAPS: ReadonlySet<string> = new Set([
  'filter_metadata',
  'typed_filter_metadata',
  'typed_per_filter_config',
  'typed_extension_protocol_options',
  'policies',
  'match',
  'value',
]);
/** Below these nothing is a message of Envoy's. */
const FREE: ReadonlySet<string> = new Set(['filter_metadata', 'metadata', 'value']);

/** A message of a dump as Go prints it: names in lower camel case, maps left as they are. */
export function inCamelCase(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(inCamelCase);
  if (!isFields(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [camel(key), valueOf(key, value)]),
  );
}

function valueOf(key: string, value: unknown): unknown {
  if (!isFields(value)) return inCamelCase(value);
  // A node's metadata is free; a cluster's or a route's is a message with `filter_metadata`.
  if (FREE.has(key) && !('filter_metadata' in value)) return value;
  // A route's `match` is a message, a socket's is a map.
  if (
    MAPS.has(key) &&
    !(key === 'match' && ('prefix' in value || 'path' in value || 'safe_regex' in value))
  )
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, inCamelCase(each)]),
    );
  return inCamelCase(value);
}

/** `consecutive_5xx` → `consecutive5xx`, `@type` stays. */
function camel(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
