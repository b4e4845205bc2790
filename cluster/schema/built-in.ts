// Makes the ResourceDefinitions of the built-in kinds by joining the tables: kinds, types, rules, columns, selectable fields.
// Knows no kind's behaviour itself.

import type { KubeObject } from '../object.ts';
import { autoscalerFromStored, autoscalerToStored } from './autoscalers.ts';
import { openSchema, schemaOf, type SchemaBundle } from './bundle.ts';
import { eventFromCore, eventToCore } from './events.ts';
import { at, ensured, fieldsOf, numberOf } from './fields.ts';
import { type BuiltInKind, builtInKinds } from './kinds.ts';
import { formatLabelSelector, labelSelectorOf, setSelectorOf } from './label-selector.ts';
import {
  apiVersionOf,
  type Conformed,
  groupResource,
  type ResourceDefinition,
  type ScaleDefinition,
  type VersionDefinition,
} from './resource.ts';
import { rulesOf } from './rules/index.ts';
import { selectableFieldsOf } from './selectable-fields.ts';
import { strategyOf } from './strategy.ts';
import { tableFor } from './tables/index.ts';
import { typeNameOf } from './type-names.ts';
import { conformTyped } from './typed.ts';

export function builtInDefinitions(bundle: SchemaBundle): ResourceDefinition[] {
  return builtInKinds().map((kind) => definitionOf(kind, bundle));
}

function definitionOf(kind: BuiltInKind, bundle: SchemaBundle): ResourceDefinition {
  const name = groupResource(kind.group, kind.resource);
  const storageVersion = kind.versions[0] ?? 'v1';
  const conversion = CONVERSIONS[name] ?? SAME;
  const hasStatus = kind.subresources.some((sub) => sub.name === 'status');
  const hasGeneration = GENERATED.has(name);
  const scaled = kind.subresources.some((sub) => sub.name === 'scale');
  const rules = rulesOf(name);
  return {
    group: kind.group,
    resource: kind.resource,
    singular: kind.singular,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    shortNames: kind.shortNames,
    categories: kind.categories,
    namespaced: kind.namespaced,
    versions: kind.versions.map((version) => versionOf(kind, version, bundle)),
    storageVersion,
    verbs: kind.verbs,
    subresources: kind.subresources,
    custom: false,
    virtual: kind.virtual,
    storedAs: name === 'events.events.k8s.io' ? 'events' : name,
    ...conversion,
    ...(scaled ? { scale: scaleOf(name) } : {}),
    returnsDeleted: kind.returnsDeleted,
    simulated: kind.simulated,
    selectableFields: selectableFieldsOf(name),
    hasGeneration,
    strategy: strategyOf(
      {
        namespaced: kind.namespaced,
        hasStatus,
        hasGeneration,
        emptyStatus: () => emptyStatus(bundle, typeNameOf(kind.group, storageVersion, kind.kind)),
      },
      rules,
    ),
    table: tableFor(name, bundle),
  };
}

type Conversion = Pick<ResourceDefinition, 'toStored' | 'fromStored'>;

const SAME: Conversion = { toStored: (object) => object, fromStored: (object) => object };

/** Kinds that are shown in another form than they are stored. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'events.events.k8s.io': {
    toStored: eventToCore,
    fromStored: (object) => eventFromCore(object),
  },
  'horizontalpodautoscalers.autoscaling': {
    toStored: autoscalerToStored,
    fromStored: autoscalerFromStored,
  },
};

/** The status that the type writes for an object without one: `{}`, `{loadBalancer: {}}` … */
function emptyStatus(bundle: SchemaBundle, typeName: string): unknown {
  const empty = conformTyped(bundle, typeName, {}, 'fields');
  return 'error' in empty ? undefined : empty.value['status'];
}

function versionOf(kind: BuiltInKind, version: string, bundle: SchemaBundle): VersionDefinition {
  const typeName = typeNameOf(kind.group, version, kind.kind);
  const apiVersion = apiVersionOf(kind.group, version);
  if (!bundle.types[typeName])
    return { version, served: true, schema: openSchema, conform: (value) => untyped(value) };
  const definition: VersionDefinition = {
    version,
    served: true,
    schema: schemaOf(bundle, typeName),
    conform(value, source) {
      const conformed = conformTyped(bundle, typeName, value, source);
      if ('error' in conformed) return conformed;
      const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = conformed.value;
      // The type has made sure of the metadata's shape; name and namespace may still be missing.
      const object = { apiVersion, kind: kind.kind, metadata, ...rest } as KubeObject;
      return { object, problems: conformed.problems };
    },
  };
  const warning = DEPRECATIONS[`${apiVersion} ${kind.kind}`];
  if (warning !== undefined) definition.deprecationWarning = warning;
  return definition;
}

/** Kinds without a described type (metrics) are answered, never written. */
function untyped(value: unknown): Conformed {
  return { object: value as KubeObject, problems: [] };
}

/** Source: the warnings that a 1.36 API server sends with these versions. */
const DEPRECATIONS: Readonly<Record<string, string>> = {
  'v1 Endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  'v1 ComponentStatus': 'v1 ComponentStatus is deprecated in v1.19+',
};

/** Kinds whose strategies count generations. Source: objects of a 1.36 API server; kinds with "metadata.generation" in their status logic. */
const GENERATED = new Set([
  'pods',
  'replicationcontrollers',
  'daemonsets.apps',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'cronjobs.batch',
  'jobs.batch',
  'ingresses.networking.k8s.io',
  'ingressclasses.networking.k8s.io',
  'networkpolicies.networking.k8s.io',
  'servicecidrs.networking.k8s.io',
  'ipaddresses.networking.k8s.io',
  'poddisruptionbudgets.policy',
  'csidrivers.storage.k8s.io',
  'mutatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'priorityclasses.scheduling.k8s.io',
  'endpointslices.discovery.k8s.io',
  'deviceclasses.resource.k8s.io',
  'resourceslices.resource.k8s.io',
  'flowschemas.flowcontrol.apiserver.k8s.io',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
]);

function scaleOf(name: string): ScaleDefinition {
  const ofMap = name === 'replicationcontrollers';
  return {
    replicas: (object) => numberOf(at(object, 'spec', 'replicas')) ?? 0,
    setReplicas(draft, replicas) {
      ensured(draft, 'spec')['replicas'] = replicas;
    },
    statusReplicas: (object) => numberOf(at(object, 'status', 'replicas')) ?? 0,
    selector(object) {
      const selector = fieldsOf(object['spec'])['selector'];
      return formatLabelSelector(ofMap ? setSelectorOf(selector) : labelSelectorOf(selector));
    },
  };
}
