// Webhooks that see writes before they are stored: which of them a write concerns, and what becomes of it when one does not
// answer. The call itself goes through a Caller that the cluster hands in: there is none yet, so a webhook that would be
// called counts as one that cannot be reached, and its failure policy decides.
// Source: "Dynamic Admission Control" of the Kubernetes documentation.

import type { KubeObject } from '../../object.ts';
import { labelSelectorOf, matchesLabels } from '../../schema/label-selector.ts';
import {
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import { internalError } from '../status.ts';
import type { World } from '../world.ts';
import type { Attributes, Plugin } from './admission.ts';

export type WebhookKind = 'mutating' | 'validating';

/** Asks one webhook. Changes the object of a mutating one; throws a StatusError that refuses, or Unreachable. */
export type WebhookCall = (
  kind: WebhookKind,
  webhook: Fields,
  attributes: Attributes,
) => Promise<void>;

/** The webhook gave no answer that can be used: its failure policy decides. */
export class Unreachable extends Error {}

const RESOURCES: Readonly<Record<WebhookKind, string>> = {
  mutating: 'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  validating: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
};

export function webhooks(kind: WebhookKind, call: WebhookCall): Plugin {
  const run = (attributes: Attributes, world: World): Promise<void> | undefined => {
    const configurations = world.store.list(RESOURCES[kind]);
    if (configurations.length === 0) return undefined;
    const concerned = configurations.flatMap((configuration) =>
      listOf(configuration['webhooks']).filter((webhook) => concerns(webhook, attributes, world)),
    );
    return concerned.length > 0 ? callAll(kind, concerned, attributes, call) : undefined;
  };
  return kind === 'mutating'
    ? { name: 'MutatingAdmissionWebhook', mutate: run }
    : { name: 'ValidatingAdmissionWebhook', validate: run };
}

async function callAll(
  kind: WebhookKind,
  concerned: readonly Fields[],
  attributes: Attributes,
  call: WebhookCall,
): Promise<void> {
  for (const webhook of concerned) {
    if (attributes.caller.dryRun && !DRY_RUN_SAFE.has(stringOf(webhook['sideEffects']))) continue;
    try {
      await call(kind, webhook, attributes);
      // What a webhook adds is defaulted as what a client writes.
      const { object, kind: served } = attributes;
      if (kind === 'mutating' && object)
        served.definition.strategy.default(object, served.version.version);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (webhook['failurePolicy'] === 'Ignore') continue;
      throw internalError(
        `failed calling webhook ${JSON.stringify(stringOf(webhook['name']))}: ${error.message}`,
      );
    }
  }
}

/** Webhooks that do nothing but answer may be asked about a write that is only tried. */
const DRY_RUN_SAFE = new Set(['None', 'NoneOnDryRun']);

/** Webhooks must not be able to lock everybody out of their own configuration. */
const EXEMPT = 'admissionregistration.k8s.io';

function concerns(webhook: Fields, attributes: Attributes, world: World): boolean {
  const { definition } = attributes.kind;
  if (definition.group === EXEMPT) return false;
  if (!listOf(webhook['rules']).some((rule) => matchesRule(rule, attributes))) return false;
  return (
    matchesNamespace(webhook['namespaceSelector'], attributes, world) &&
    matchesObject(webhook['objectSelector'], attributes)
  );
}

function matchesRule(rule: Fields, { kind, operation, subresource }: Attributes): boolean {
  const { definition, version } = kind;
  const has = (name: string, value: string) => {
    const values = stringsOf(rule[name]);
    return values.includes('*') || values.includes(value);
  };
  const scope = stringOf(rule['scope']) || '*';
  if (scope !== '*' && scope !== (definition.namespaced ? 'Namespaced' : 'Cluster')) return false;
  if (!has('operations', operation) || !has('apiGroups', definition.group)) return false;
  // Rules match the version of the request, and by default any other version of the same kind.
  const versions = definition.versions.map((each) => each.version);
  const exact = stringOf(rule['matchPolicy']) === 'Exact' ? [version.version] : versions;
  if (!exact.some((each) => has('apiVersions', each))) return false;
  const { resource } = definition;
  return stringsOf(rule['resources']).some((pattern) => {
    const [wanted = '', sub = ''] = pattern.split('/');
    const isResource = wanted === '*' || wanted === resource;
    if (pattern === '*') return subresource === undefined;
    if (pattern === '*/*') return true;
    return isResource && (sub === '*' || sub === (subresource ?? ''));
  });
}

function matchesNamespace(selector: unknown, attributes: Attributes, world: World): boolean {
  const requirements = labelSelectorOf(selector);
  if (!requirements || requirements.length === 0) return true;
  const { kind, namespace, name, object, old } = attributes;
  const isNamespace = kind.definition.group === '' && kind.definition.resource === 'namespaces';
  if (isNamespace) {
    const labels = (object ?? old)?.metadata.labels;
    return matchesLabels(requirements, labels ?? namespaceLabels(world, name));
  }
  return namespace === undefined || matchesLabels(requirements, namespaceLabels(world, namespace));
}

function namespaceLabels(world: World, name: string): Record<string, string> {
  return world.store.get('namespaces', undefined, name)?.metadata.labels ?? {};
}

function matchesObject(selector: unknown, { object, old }: Attributes): boolean {
  const requirements = labelSelectorOf(selector);
  if (!requirements || requirements.length === 0) return true;
  const labelsOf = (each: KubeObject | undefined) => each?.metadata.labels ?? {};
  return [object, old].some(
    (each) => each !== undefined && matchesLabels(requirements, labelsOf(each)),
  );
}

/** Seconds a webhook may take, unless its configuration says otherwise. */
const DEFAULT_TIMEOUT_S = 10;

/** Where a webhook would be called, for messages. */
export function webhookAddress(webhook: Fields): string {
  const config = fieldsOf(webhook['clientConfig']);
  const service = fieldsOf(config['service']);
  if (Object.keys(service).length === 0) return stringOf(config['url']);
  const port = numberOf(service['port']) ?? 443;
  const timeout = numberOf(webhook['timeoutSeconds']) ?? DEFAULT_TIMEOUT_S;
  const path = stringOf(service['path']);
  return `https://${stringOf(service['name'])}.${stringOf(service['namespace'])}.svc:${port}${path}?timeout=${timeout}s`;
}

/** Until the network carries such calls. */
export const callNobody: WebhookCall = (_kind, webhook) =>
  Promise.reject(
    new Unreachable(
      `failed to call webhook: Post ${JSON.stringify(webhookAddress(webhook))}: dial tcp: connect: connection refused`,
    ),
  );
