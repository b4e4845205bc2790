// What istiod's validating webhook says of an object of Istio's: errors refuse it, warnings are shown and it is kept.
// Pure: an object in, findings out. Knows each kind's file; knows no webhook and no store.
// Source: pkg/config/validation of Istio 1.30.3, whose sentences are the interface; structure is the API server's to judge.

import type { KubeObject } from '../../object.ts';
import { destinationRule } from './destination-rule.ts';
import { envoyFilter } from './envoy-filter.ts';
import { Findings } from './findings.ts';
import { gateway } from './gateway.ts';
import { authorizationPolicy, peerAuthentication, requestAuthentication } from './security.ts';
import { serviceEntry, workloadEntry } from './service-entry.ts';
import { sidecar } from './sidecar.ts';
import { telemetry } from './telemetry.ts';
import { virtualService } from './virtual-service.ts';

export interface Validation {
  errors: readonly string[];
  warnings: readonly string[];
  /** All errors as one text, as a denial quotes them; undefined where the object may pass. */
  denial: string | undefined;
}

const KINDS: Readonly<Record<string, (object: KubeObject) => Findings>> = {
  AuthorizationPolicy: authorizationPolicy,
  DestinationRule: destinationRule,
  EnvoyFilter: envoyFilter,
  Gateway: gateway,
  PeerAuthentication: peerAuthentication,
  RequestAuthentication: requestAuthentication,
  ServiceEntry: serviceEntry,
  Sidecar: sidecar,
  Telemetry: telemetry,
  VirtualService: virtualService,
  WorkloadEntry: workloadEntry,
};

const DRY_RUN = 'istio.io/dry-run';

/** Kinds that are not Istio's, or that have no rules of their own, are found without fault. */
export function validate(object: KubeObject): Validation {
  const check = object.apiVersion.includes('istio.io/') ? KINDS[object.kind] : undefined;
  if (!check) return new Findings();
  const dryRun = object.metadata.annotations?.[DRY_RUN];
  if (dryRun !== undefined && object.kind !== 'AuthorizationPolicy') {
    const { name, namespace = 'default' } = object.metadata;
    return new Findings().error(
      `${namespace}/${name} has unsupported annotation ${DRY_RUN}, please remove the annotation`,
    );
  }
  return check(object);
}

/** The sentence of a denial, as the webhook gives it to the API server. */
export function denialOf({ denial }: Validation): string | undefined {
  return denial === undefined ? undefined : `configuration is invalid: ${denial}`;
}
