// What is found about each object, collected: several checks of one object, each told once, with the objects it clashes with.

import type { Check } from './checks.ts';

export interface ObjectKind {
  Group: string;
  Version: string;
  Kind: string;
}

export interface ObjectKey {
  objectGVK: ObjectKind;
  name: string;
  namespace: string;
  cluster: string;
}

export interface Validation extends ObjectKey {
  /** False once something makes the object useless; warnings leave it valid. */
  valid: boolean;
  checks: Check[];
  references: ObjectKey[] | null;
}

const NETWORKING = 'networking.istio.io';
const SECURITY = 'security.istio.io';

const istioKind = (Group: string, Kind: string, Version = 'v1'): ObjectKind => ({
  Group,
  Version,
  Kind,
});

export const kinds = {
  AuthorizationPolicy: istioKind(SECURITY, 'AuthorizationPolicy'),
  DestinationRule: istioKind(NETWORKING, 'DestinationRule'),
  Gateway: istioKind(NETWORKING, 'Gateway'),
  PeerAuthentication: istioKind(SECURITY, 'PeerAuthentication'),
  RequestAuthentication: istioKind(SECURITY, 'RequestAuthentication'),
  ServiceEntry: istioKind(NETWORKING, 'ServiceEntry'),
  Sidecar: istioKind(NETWORKING, 'Sidecar'),
  VirtualService: istioKind(NETWORKING, 'VirtualService'),
  service: istioKind('', 'service', ''),
  workload: istioKind('', 'workload', ''),
} as const satisfies Record<string, ObjectKind>;

export type CheckedKind = keyof typeof kinds;

export interface Named {
  metadata: { name: string; namespace?: string };
}

/** `networking.istio.io/v1, Kind=VirtualService`; of services and workloads the word alone. */
export function kindText({ Group, Version, Kind }: ObjectKind): string {
  return Group === '' ? Kind : `${Group}/${Version}, Kind=${Kind}`;
}

export class Validations {
  readonly #cluster: string;
  readonly #found = new Map<string, Validation>();

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** An object that was looked at stands in the answer, whether something was found or not. */
  seen(kind: CheckedKind, object: Named): Validation {
    const key = this.keyOf(kind, object);
    const text = `${kindText(key.objectGVK)} ${key.namespace}/${key.name}`;
    let validation = this.#found.get(text);
    if (!validation)
      this.#found.set(text, (validation = { ...key, valid: true, checks: [], references: null }));
    return validation;
  }

  add(
    kind: CheckedKind,
    object: Named,
    checks: readonly Check[],
    options: { invalid?: boolean; references?: readonly Named[] } = {},
  ): void {
    const validation = this.seen(kind, object);
    for (const each of checks) {
      const isTold = validation.checks.some(
        ({ path, message, severity }) =>
          path === each.path && message === each.message && severity === each.severity,
      );
      if (!isTold) validation.checks.push(each);
    }
    if (options.invalid && checks.length > 0) validation.valid = false;
    for (const reference of options.references ?? []) {
      const key = this.keyOf(kind, reference);
      const known = (validation.references ??= []);
      if (!known.some(({ name, namespace }) => name === key.name && namespace === key.namespace))
        known.push(key);
    }
  }

  keyOf(kind: CheckedKind, { metadata }: Named): ObjectKey {
    return {
      objectGVK: kinds[kind],
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      cluster: this.#cluster,
    };
  }

  list(): readonly Validation[] {
    return [...this.#found.values()];
  }

  /** By kind, then by `name.namespace`: the form of the API. */
  answer(
    keep: (validation: Validation) => boolean = () => true,
  ): Record<string, Record<string, Validation>> {
    const answer: Record<string, Record<string, Validation>> = {};
    for (const validation of this.#found.values()) {
      if (!keep(validation)) continue;
      const ofKind = (answer[kindText(validation.objectGVK)] ??= {});
      ofKind[`${validation.name}.${validation.namespace}`] = validation;
    }
    return answer;
  }

  summary(namespace: string) {
    const own = this.list().filter(
      (each) => each.namespace === namespace && each.objectGVK.Kind !== 'workload',
    );
    const count = (severity: string) =>
      own.flatMap(({ checks }) => checks).filter((each) => each.severity === severity).length;
    return {
      errors: count('error'),
      objectCount: own.length,
      warnings: count('warning'),
      namespace,
      cluster: this.#cluster,
    };
  }
}
