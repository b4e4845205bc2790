// The mesh-wide settings of the ConfigMap `istio`, as far as routing acts upon them, with Istio's defaults.
// Source: istio/istio pkg/config/mesh/mesh.go (DefaultMeshConfig), istio/api mesh/v1alpha1/config.proto.

import { type Fields, fieldsOf, isFields, stringOf, stringsOf } from '../../schema/fields.ts';
import { parseYaml } from '../../schema/yaml.ts';
import type { HttpRetry, OutboundMode } from '../resources.ts';

export interface MeshConfig {
  /** Where mesh-wide policies live. */
  rootNamespace: string;
  trustDomain: string;
  outboundMode: OutboundMode;
  enableAutoMtls: boolean;
  /** Empty: no access log. */
  accessLogFile: string;
  accessLogEncoding: 'TEXT' | 'JSON';
  /** Empty: Istio's own format. */
  accessLogFormat: string;
  /** Providers of access logs where no Telemetry names any. */
  accessLogProviders: readonly string[];
  defaultHttpRetryPolicy: HttpRetry | undefined;
  /** Who sees a Service, rule or policy that says nothing about it. Default everybody. */
  defaultExportTo: {
    services: readonly string[];
    virtualServices: readonly string[];
    destinationRules: readonly string[];
  };
}

const EVERYBODY = ['*'];

export const defaultMeshConfig: MeshConfig = {
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  outboundMode: 'ALLOW_ANY',
  enableAutoMtls: true,
  accessLogFile: '',
  accessLogEncoding: 'TEXT',
  accessLogFormat: '',
  accessLogProviders: [],
  defaultHttpRetryPolicy: undefined,
  defaultExportTo: {
    services: EVERYBODY,
    virtualServices: EVERYBODY,
    destinationRules: EVERYBODY,
  },
};

/** Reads `data.mesh`. What is absent or of another type keeps its default; text that is no YAML is undefined. */
export function parseMeshConfig(yaml: string): MeshConfig | undefined {
  const parsed = parseYaml(yaml);
  if ('error' in parsed) return undefined;
  if (!isFields(parsed.value)) return parsed.value === null ? defaultMeshConfig : undefined;
  const mesh = parsed.value;
  const policy = fieldsOf(mesh['outboundTrafficPolicy']);
  const retry = mesh['defaultHttpRetryPolicy'];
  return {
    rootNamespace: stringOf(mesh['rootNamespace']) || defaultMeshConfig.rootNamespace,
    trustDomain: stringOf(mesh['trustDomain']) || defaultMeshConfig.trustDomain,
    outboundMode: stringOf(policy['mode']) === 'REGISTRY_ONLY' ? 'REGISTRY_ONLY' : 'ALLOW_ANY',
    enableAutoMtls: mesh['enableAutoMtls'] !== false,
    accessLogFile: stringOf(mesh['accessLogFile']),
    accessLogEncoding: stringOf(mesh['accessLogEncoding']) === 'JSON' ? 'JSON' : 'TEXT',
    accessLogFormat: stringOf(mesh['accessLogFormat']),
    accessLogProviders: stringsOf(fieldsOf(mesh['defaultProviders'])['accessLogging']),
    defaultHttpRetryPolicy: isFields(retry) ? retryOf(retry) : undefined,
    defaultExportTo: {
      services: exportTo(mesh, 'defaultServiceExportTo'),
      virtualServices: exportTo(mesh, 'defaultVirtualServiceExportTo'),
      destinationRules: exportTo(mesh, 'defaultDestinationRuleExportTo'),
    },
  };
}

function retryOf(retry: Fields): HttpRetry {
  const { attempts, perTryTimeout, retryOn, backoff } = retry;
  return {
    ...(typeof attempts === 'number' ? { attempts } : {}),
    ...(typeof perTryTimeout === 'string' ? { perTryTimeout } : {}),
    ...(typeof retryOn === 'string' ? { retryOn } : {}),
    ...(typeof backoff === 'string' ? { backoff } : {}),
    retryIgnorePreviousHosts: retry['retryIgnorePreviousHosts'] !== false,
  };
}

function exportTo(mesh: Fields, field: string): readonly string[] {
  const value = stringsOf(mesh[field]);
  return value.length === 0 ? EVERYBODY : value;
}
