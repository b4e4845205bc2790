// Builds a kind's Strategy from the rules that are its own: status and generation, metadata and their order are the same for all.
// Knows no kinds.

import type { KubeObject } from '../object.ts';
import { fieldsOf, same } from './fields.ts';
import { type NameProblems, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { dnsSubdomainProblems } from './names.ts';
import type { FieldError, Strategy } from './resource.ts';

/** What a kind adds to the common course. Every part may be absent. */
export interface KindRules {
  /** What may be a name. Default: a DNS subdomain. */
  nameProblems?: NameProblems;
  default?: (draft: KubeObject, version: string) => void;
  prepareForCreate?: (draft: KubeObject) => void;
  /** After the status has been put back. */
  prepareForUpdate?: (draft: KubeObject, old: KubeObject) => void;
  /** After everything but metadata and status has been put back. */
  prepareForStatusUpdate?: (draft: KubeObject, old: KubeObject) => void;
  /** For other subresources that write the object: finalize, resize, ephemeralcontainers, approval. */
  prepareForSubresource?: (draft: KubeObject, old: KubeObject, subresource: string) => void;
  /** What must hold of a new object, beside its metadata. */
  validateCreate?: (object: KubeObject) => FieldError[];
  /** What must hold of a changed one, beside its metadata. Default: the same as of a new one. */
  validateUpdate?: (object: KubeObject, old: KubeObject) => FieldError[];
  validateStatusUpdate?: (object: KubeObject, old: KubeObject) => FieldError[];
  validateSubresource?: (object: KubeObject, old: KubeObject, subresource: string) => FieldError[];
  warnings?: (object: KubeObject, old: KubeObject | undefined) => string[];
  gracePeriodSeconds?: (object: KubeObject) => number | undefined;
  /** What counts as a change of what is wanted. Default: the spec, or everything but metadata and status where there is none. */
  wants?: (object: KubeObject) => unknown;
  /** A client may create it with a status: nodes, which register themselves. */
  statusOnCreate?: boolean;
  /** Spec errors before metadata errors, as a few kinds report them. */
  metadataLast?: boolean;
}

export interface StrategyFacts {
  namespaced: boolean;
  hasStatus: boolean;
  hasGeneration: boolean;
  /** The status of an object that has none yet: `{}`, `{loadBalancer: {}}`, or undefined. */
  emptyStatus(): unknown;
}

export function strategyOf(facts: StrategyFacts, rules: KindRules): Strategy {
  const nameProblems = rules.nameProblems ?? dnsSubdomainProblems;
  return {
    default: (draft, version) => rules.default?.(draft, version),
    prepareForCreate(draft) {
      if (facts.hasStatus && !rules.statusOnCreate) putStatus(draft, facts.emptyStatus());
      if (facts.hasGeneration) draft.metadata.generation = 1;
      else delete draft.metadata.generation;
      rules.prepareForCreate?.(draft);
    },
    prepareForUpdate(draft, old, subresource) {
      keepGeneration(draft, old);
      if (subresource === undefined) {
        if (facts.hasStatus) putStatus(draft, old['status']);
        rules.prepareForUpdate?.(draft, old);
        if (facts.hasGeneration && !same(wanted(rules, draft), wanted(rules, old)))
          draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
      } else if (subresource === 'status') {
        putBack(draft, old, ['metadata', 'status']);
        rules.prepareForStatusUpdate?.(draft, old);
      } else {
        rules.prepareForSubresource?.(draft, old, subresource);
        if (facts.hasGeneration && !same(wanted(rules, draft), wanted(rules, old)))
          draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
      }
    },
    validateCreate(object) {
      const metadata = validateMetadata(fieldsOf(object.metadata), facts.namespaced, nameProblems);
      const rest = rules.validateCreate?.(object) ?? [];
      return rules.metadataLast ? [...rest, ...metadata] : [...metadata, ...rest];
    },
    validateUpdate(object, old, subresource) {
      const metadata = validateMetadataUpdate(object, old);
      const rest =
        subresource === undefined
          ? (rules.validateUpdate ?? rules.validateCreate)?.(object, old)
          : subresource === 'status'
            ? rules.validateStatusUpdate?.(object, old)
            : rules.validateSubresource?.(object, old, subresource);
      return rules.metadataLast ? [...(rest ?? []), ...metadata] : [...metadata, ...(rest ?? [])];
    },
    warnings: (object, old) => rules.warnings?.(object, old) ?? [],
    gracePeriodSeconds: (object) => rules.gracePeriodSeconds?.(object),
  };
}

function putStatus(draft: KubeObject, status: unknown): void {
  if (status === undefined) delete draft['status'];
  else draft['status'] = status;
}

/** A client may not move it. */
function keepGeneration(draft: KubeObject, old: KubeObject): void {
  if (old.metadata.generation === undefined) delete draft.metadata.generation;
  else draft.metadata.generation = old.metadata.generation;
}

/** Everything but the named fields is as it was. */
function putBack(draft: KubeObject, old: KubeObject, except: readonly string[]): void {
  for (const name of new Set([...Object.keys(draft), ...Object.keys(old)])) {
    if (except.includes(name)) continue;
    if (old[name] === undefined) delete draft[name];
    else draft[name] = old[name];
  }
}

function wanted(rules: KindRules, object: KubeObject): unknown {
  if (rules.wants) return rules.wants(object);
  if (object['spec'] !== undefined) return object['spec'];
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}
