// What the system adds to every pod that does not say otherwise: how long it stays on a failing node, and its priority.
// Source: DefaultTolerationSeconds and Priority in "Admission Control in Kubernetes"; "Pod Priority and Preemption".

import { type Fields, ensured, listOf, numberOf, stringOf } from '../../schema/fields.ts';
import { forbidden } from '../status.ts';
import type { Plugin } from './admission.ts';

/** Seconds a pod stays on a node that is not ready or cannot be reached. */
const TOLERATION_SECONDS = 300;
const TROUBLES = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const defaultTolerations: Plugin = {
  name: 'DefaultTolerationSeconds',
  mutate({ operation, kind, subresource, object }) {
    if (kind.definition.storedAs !== 'pods' || subresource || !object) return;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    const spec = ensured(object, 'spec');
    const tolerations = listOf(spec['tolerations']);
    const missing = TROUBLES.filter((key) => !tolerations.some((each) => tolerates(each, key)));
    if (missing.length === 0) return;
    spec['tolerations'] = [
      ...tolerations,
      ...missing.map((key) => ({
        effect: 'NoExecute',
        key,
        operator: 'Exists',
        tolerationSeconds: TOLERATION_SECONDS,
      })),
    ];
  },
};

function tolerates(toleration: Fields, key: string): boolean {
  const tolerated = stringOf(toleration['key']);
  const effect = stringOf(toleration['effect']);
  return (tolerated === key || tolerated === '') && (effect === 'NoExecute' || effect === '');
}

const PRIORITY_CLASSES = 'priorityclasses.scheduling.k8s.io';

export const priority: Plugin = {
  name: 'Priority',
  mutate({ operation, kind, subresource, object, old, name }, { store }) {
    if (kind.definition.storedAs !== 'pods' || subresource || !object) return;
    const spec = ensured(object, 'spec');
    if (operation === 'UPDATE' && old) {
      // Worked out once; a writer who leaves it out does not mean to take it away.
      const before = ensured({ ...old }, 'spec');
      for (const field of ['priority', 'preemptionPolicy'])
        if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field];
      return;
    }
    if (operation !== 'CREATE') return;
    const className = stringOf(spec['priorityClassName']);
    const chosen =
      className === ''
        ? store.list(PRIORITY_CLASSES).find((each) => each['globalDefault'] === true)
        : store.get(PRIORITY_CLASSES, undefined, className);
    if (className !== '' && !chosen)
      throw forbidden(kind.definition, name, `no PriorityClass with name ${className} was found`);
    if (className === '' && chosen) spec['priorityClassName'] = chosen.metadata.name;
    const value = numberOf(chosen?.['value']) ?? 0;
    const given = numberOf(spec['priority']);
    if (given !== undefined && given !== value)
      throw forbidden(
        kind.definition,
        name,
        `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    spec['priority'] = value;
    const policy = stringOf(chosen?.['preemptionPolicy']) || 'PreemptLowerPriority';
    spec['preemptionPolicy'] ??= policy;
  },
};
