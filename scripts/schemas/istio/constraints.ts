// What a declaration does not say of a field: number formats and limits, lengths, patterns, rules in CEL with their messages,
// list keys, nulls. One row a rule; a row that meets no field fails the generator, so that none goes stale.
// Source: field types and `+kubebuilder:validation` markers of the protobuf files in istio/api at 1.30.3; wrapped numbers and
// booleans (google.protobuf.*Value) may be null.

import type { SchemaNode } from '../../../cluster/schema/openapi.ts';

export interface Constraint {
  /**
   * Ends of paths, beginning at a whole field name: `retries.attempts`. `[]` is an item, `{}` a value of a map.
   * `Kind:` before it keeps it to that kind; a dot before it makes it the whole path.
   */
  at: readonly string[];
  is: Partial<SchemaNode>;
}

const UINT32_MAX = 4_294_967_295;
const UINT32: Partial<SchemaNode> = { minimum: 0, maximum: UINT32_MAX };
const NULLABLE: Partial<SchemaNode> = { nullable: true };
const DOUBLE: Partial<SchemaNode> = { type: 'number', format: 'double' };

const rule = (
  message: string,
  text: string,
): NonNullable<SchemaNode['x-kubernetes-validations']>[0] => ({
  message,
  rule: text,
});
const rules = (...each: ReturnType<typeof rule>[]): Partial<SchemaNode> => ({
  'x-kubernetes-validations': each,
});

const PORT = rules(rule('port must be between 1-65535', '0 < self && self <= 65535'));

/** `has(self.a) ? 1 : 0`, summed: how many of the fields are set. */
const atMostOneOf = (...fields: string[]) =>
  `${fields.map((field) => `(has(self.${field}) ? 1 : 0)`).join(' + ')} <= 1`;

const oneTarget = (...fields: string[]) =>
  rules(rule('only one of targetRefs or selector can be set', atMostOneOf(...fields)));

const numbers: readonly Constraint[] = [
  {
    at: [
      'connectionPool.http.http1MaxPendingRequests',
      'connectionPool.http.http2MaxRequests',
      'connectionPool.http.maxConcurrentStreams',
      'connectionPool.http.maxRequestsPerConnection',
      'connectionPool.http.maxRetries',
      'connectionPool.tcp.maxConnections',
      'inboundConnectionPool.http.http1MaxPendingRequests',
      'inboundConnectionPool.http.http2MaxRequests',
      'inboundConnectionPool.http.maxConcurrentStreams',
      'inboundConnectionPool.http.maxRequestsPerConnection',
      'inboundConnectionPool.http.maxRetries',
      'inboundConnectionPool.tcp.maxConnections',
      'outlierDetection.consecutiveErrors',
      'outlierDetection.maxEjectionPercent',
      'outlierDetection.minHealthPercent',
      'EnvoyFilter:spec.priority',
      'VirtualService:fault.abort.httpStatus',
      'VirtualService:fault.delay.percent',
      'VirtualService:retries.attempts',
      'VirtualService:route[].weight',
    ],
    is: { format: 'int32' },
  },
  {
    at: [
      'probe.failureThreshold',
      'probe.initialDelaySeconds',
      'probe.periodSeconds',
      'probe.successThreshold',
      'probe.timeoutSeconds',
    ],
    is: { format: 'int32', minimum: 0 },
  },
  {
    at: ['WasmPlugin:spec.priority', 'TrafficExtension:spec.priority'],
    is: { format: 'int32', nullable: true },
  },
  { at: ['ProxyConfig:concurrency'], is: { format: 'int32', minimum: 0, nullable: true } },
  {
    at: [
      'tcpKeepalive.probes',
      'localityLbSetting.distribute[].to{}',
      'retryBudget.minRetryConcurrency',
      'portLevelSettings[].port.number',
      'tunnel.targetPort',
      'EnvoyFilter:portNumber',
      'EnvoyFilter:filterChain.destinationPort',
      'Gateway:port.number',
      'Gateway:port.targetPort',
      'Sidecar:port.number',
      'Sidecar:port.targetPort',
      'VirtualService:destination.port.number',
      'VirtualService:mirror.port.number',
      'VirtualService:match[].port',
      'VirtualService:redirect.port',
      'VirtualService:redirect.redirectCode',
      'VirtualService:directResponse.status',
      'ServiceEntry:ports[].number',
      'ServiceEntry:ports[].targetPort',
      'ServiceEntry:endpoints[].ports{}',
      'ServiceEntry:endpoints[].weight',
      'WorkloadEntry:spec.ports{}',
      'WorkloadEntry:spec.weight',
      'WorkloadGroup:template.ports{}',
      'WorkloadGroup:template.weight',
      'WorkloadGroup:probe.grpc.port',
      'WorkloadGroup:probe.httpGet.port',
      'WorkloadGroup:probe.tcpSocket.port',
    ],
    is: UINT32,
  },
  {
    at: [
      'outlierDetection.consecutive5xxErrors',
      'outlierDetection.consecutiveGatewayErrors',
      'outlierDetection.consecutiveLocalOriginFailures',
      'VirtualService:mirrorPercent',
      'VirtualService:mirror_percent',
    ],
    is: { ...UINT32, nullable: true },
  },
  {
    at: ['maglev.tableSize', 'consistentHash.minimumRingSize', 'ringHash.minimumRingSize'],
    is: { minimum: 0 },
  },
  {
    at: ['VirtualService:percentage.value', 'VirtualService:mirrorPercentage.value'],
    is: DOUBLE,
  },
  { at: ['warmup.aggression'], is: { ...DOUBLE, minimum: 0, nullable: true } },
  {
    at: ['warmup.minimumPercent', 'retryBudget.percent', 'Telemetry:randomSamplingPercentage'],
    is: { ...DOUBLE, minimum: 0, maximum: 100, nullable: true },
  },
  {
    at: ['WasmPlugin:match[].ports[].number', 'TrafficExtension:match[].ports[].number'],
    is: { minimum: 1, maximum: 65_535 },
  },
  {
    at: [
      'EnvoyFilter:match.waypoint.portNumber',
      'ServiceEntry:ports[].number',
      'ServiceEntry:ports[].targetPort',
      'ServiceEntry:endpoints[].ports{}',
      'WorkloadEntry:spec.ports{}',
      'WorkloadGroup:template.ports{}',
      'WorkloadGroup:probe.grpc.port',
      'WorkloadGroup:probe.httpGet.port',
      'WorkloadGroup:probe.tcpSocket.port',
    ],
    is: PORT,
  },
];

const nulls: readonly Constraint[] = [
  {
    at: [
      'localityLbSetting.enabled',
      'tls.insecureSkipVerify',
      'VirtualService:corsPolicy.allowCredentials',
      'VirtualService:retries.retryIgnorePreviousHosts',
      'VirtualService:retries.retryRemoteLocalities',
      'Telemetry:accessLogging[].disabled',
      'Telemetry:overrides[].disabled',
      'Telemetry:tracing[].disableContextPropagation',
      'Telemetry:tracing[].disableSpanReporting',
      'Telemetry:tracing[].enableIstioTags',
      'Telemetry:tracing[].useRequestIdForTraceSampling',
    ],
    is: NULLABLE,
  },
];

const durations: readonly Constraint[] = [
  {
    at: [
      'connectionPool.http.idleTimeout',
      'connectionPool.tcp.connectTimeout',
      'connectionPool.tcp.maxConnectionDuration',
      'connectionPool.tcp.tcpKeepalive.interval',
      'connectionPool.tcp.tcpKeepalive.time',
      'inboundConnectionPool.http.idleTimeout',
      'inboundConnectionPool.tcp.connectTimeout',
      'inboundConnectionPool.tcp.maxConnectionDuration',
      'inboundConnectionPool.tcp.tcpKeepalive.interval',
      'inboundConnectionPool.tcp.tcpKeepalive.time',
      'warmup.duration',
      'loadBalancer.warmupDurationSecs',
      'outlierDetection.baseEjectionTime',
      'outlierDetection.interval',
      'VirtualService:corsPolicy.maxAge',
      'VirtualService:fault.delay.exponentialDelay',
      'VirtualService:fault.delay.fixedDelay',
      'VirtualService:retries.backoff',
      'VirtualService:retries.perTryTimeout',
      'VirtualService:http[].timeout',
      'RequestAuthentication:jwtRules[].timeout',
      'Telemetry:metrics[].reportingInterval',
    ],
    is: rules(
      rule('must be a valid duration greater than 1ms', "duration(self) >= duration('1ms')"),
    ),
  },
];

const selectors: readonly Constraint[] = [
  {
    at: ['matchLabels'],
    is: {
      maxProperties: 4096,
      ...rules(
        rule('wildcard not allowed in label key match', 'self.all(key, !key.contains("*"))'),
        rule('key must not be empty', 'self.all(key, key.size() != 0)'),
      ),
    },
  },
  {
    at: ['matchLabels{}'],
    is: {
      maxLength: 63,
      ...rules(rule('wildcard not allowed in label value match', '!self.contains("*")')),
    },
  },
  { at: ['workloadSelector.labels'], is: { maxProperties: 256 } },
  {
    at: ['workloadSelector.labels{}'],
    is: {
      maxLength: 63,
      ...rules(rule('wildcard is not supported in selector', '!self.contains("*")')),
    },
  },
  { at: ['targetRefs'], is: { maxItems: 16 } },
  {
    at: ['targetRef.group', 'targetRefs[].group'],
    is: {
      maxLength: 253,
      pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    },
  },
  {
    at: ['targetRef.kind', 'targetRefs[].kind'],
    is: { minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' },
  },
  { at: ['targetRef.name', 'targetRefs[].name'], is: { minLength: 1, maxLength: 253 } },
  {
    at: ['targetRef.namespace', 'targetRefs[].namespace'],
    is: rules(rule('cross namespace referencing is not currently supported', 'self.size() == 0')),
  },
  {
    at: [
      'WasmPlugin:spec',
      'AuthorizationPolicy:spec',
      'RequestAuthentication:spec',
      'Telemetry:spec',
    ],
    is: oneTarget('selector', 'targetRef', 'targetRefs'),
  },
  {
    at: ['EnvoyFilter:spec'],
    is: rules(
      rule(
        'only one of targetRefs or workloadSelector can be set',
        atMostOneOf('workloadSelector', 'targetRefs'),
      ),
    ),
  },
];

const HEADER_NAME = '^[-_A-Za-z0-9]+$';
const NOT_EMPTY: Partial<SchemaNode> = { minLength: 1 };

const networking: readonly Constraint[] = [
  { at: ['DestinationRule:portLevelSettings'], is: { maxItems: 4096 } },
  { at: ['VirtualService:directResponse.body.bytes'], is: { format: 'byte' } },
  {
    at: [
      'Gateway:tls.credentialNames',
      'Gateway:tls.tlsCertificates',
      'Sidecar:tls.credentialNames',
      'Sidecar:tls.tlsCertificates',
    ],
    is: { minItems: 1, maxItems: 2 },
  },
  {
    at: ['Gateway:servers[].tls', 'Sidecar:ingress[].tls'],
    is: rules(
      rule(
        'only one of credentialNames or tlsCertificates can be set',
        atMostOneOf('tlsCertificates', 'credentialNames'),
      ),
      rule(
        'only one of credentialName or credentialNames can be set',
        atMostOneOf('credentialName', 'credentialNames'),
      ),
      rule(
        'only one of credentialName or tlsCertificates can be set',
        atMostOneOf('credentialNames', 'tlsCertificates'),
      ),
    ),
  },
  {
    at: ['EnvoyFilter:configPatches[].match'],
    is: rules(
      rule(
        'only support waypointMatch when context is WAYPOINT',
        'has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : !has(self.waypoint)',
      ),
    ),
  },
  {
    at: ['EnvoyFilter:patch.value', 'WasmPlugin:pluginConfig', 'TrafficExtension:pluginConfig'],
    is: { 'x-kubernetes-preserve-unknown-fields': true },
  },
  { at: ['ProxyConfig:environmentVariables{}'], is: { maxLength: 2048 } },
];

const workloads: readonly Constraint[] = [
  {
    at: ['ServiceEntry:spec'],
    is: rules(
      rule(
        'only one of WorkloadSelector or Endpoints can be set',
        atMostOneOf('workloadSelector', 'endpoints'),
      ),
      rule(
        'CIDR addresses are allowed only for NONE/STATIC resolution types',
        '!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && !((has(self.resolution) ? self.resolution : "NONE") in ["STATIC", "NONE"]))',
      ),
      rule(
        'NONE mode cannot set endpoints',
        '((has(self.resolution) ? self.resolution : "NONE") == "NONE") ? !has(self.endpoints) : true',
      ),
      rule(
        'DNS_ROUND_ROBIN mode cannot have multiple endpoints',
        '((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true',
      ),
    ),
  },
  { at: ['ServiceEntry:spec.addresses'], is: { maxItems: 256 } },
  { at: ['ServiceEntry:spec.addresses[]'], is: { maxLength: 64 } },
  { at: ['ServiceEntry:spec.endpoints'], is: { maxItems: 4096 } },
  { at: ['ServiceEntry:spec.hosts'], is: { minItems: 1, maxItems: 256 } },
  {
    at: ['ServiceEntry:spec.hosts[]'],
    is: rules(rule('hostname cannot be wildcard', 'self != "*"')),
  },
  {
    at: ['ServiceEntry:spec.ports'],
    is: {
      maxItems: 256,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      ...rules(
        rule(
          'port number cannot be duplicated',
          'self.all(l1, self.exists_one(l2, l1.number == l2.number))',
        ),
      ),
    },
  },
  {
    at: ['ServiceEntry:spec.ports[].name', 'ServiceEntry:spec.ports[].protocol'],
    is: { maxLength: 256 },
  },
  {
    at: ['ServiceEntry:endpoints[]', 'WorkloadEntry:spec'],
    is: rules(
      rule('Address is required', 'has(self.address) || has(self.network)'),
      rule(
        'UDS may not include ports',
        '(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true',
      ),
    ),
  },
  {
    at: ['WorkloadGroup:template'],
    is: rules(
      rule(
        'UDS may not include ports',
        '(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true',
      ),
    ),
  },
  {
    at: [
      'ServiceEntry:endpoints[].address',
      'WorkloadEntry:spec.address',
      'WorkloadGroup:template.address',
    ],
    is: {
      maxLength: 256,
      ...rules(
        rule(
          'UDS must be an absolute path or abstract socket',
          'self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true',
        ),
        rule('UDS may not be a dir', 'self.startsWith("unix://") ? !self.endsWith("/") : true'),
      ),
    },
  },
  {
    at: [
      'ServiceEntry:endpoints[].labels',
      'WorkloadEntry:spec.labels',
      'WorkloadGroup:template.labels',
      'WorkloadGroup:metadata.labels',
      'WorkloadGroup:metadata.annotations',
    ],
    is: { maxProperties: 256 },
  },
  {
    at: [
      'ServiceEntry:endpoints[].ports',
      'WorkloadEntry:spec.ports',
      'WorkloadGroup:template.ports',
    ],
    is: {
      maxProperties: 128,
      ...rules(
        rule(
          'port name must be valid',
          'self.all(key, size(key) < 63 && key.matches("^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$"))',
        ),
      ),
    },
  },
  {
    at: [
      'ServiceEntry:endpoints[].locality',
      'ServiceEntry:endpoints[].network',
      'WorkloadEntry:spec.locality',
      'WorkloadEntry:spec.network',
      'WorkloadGroup:template.locality',
      'WorkloadGroup:template.network',
    ],
    is: { maxLength: 2048 },
  },
  {
    at: [
      'ServiceEntry:endpoints[].serviceAccount',
      'WorkloadEntry:spec.serviceAccount',
      'WorkloadGroup:template.serviceAccount',
    ],
    is: { maxLength: 253 },
  },
  {
    at: ['WorkloadGroup:probe.httpGet.scheme'],
    is: rules(rule('scheme must be one of [HTTP, HTTPS]', 'self in ["", "HTTP", "HTTPS"]')),
  },
  { at: ['WorkloadGroup:httpHeaders[].name'], is: { pattern: HEADER_NAME } },
  { at: ['WorkloadGroup:exec.command[]'], is: NOT_EMPTY },
];

const security: readonly Constraint[] = [
  {
    at: ['AuthorizationPolicy:spec.rules', 'AuthorizationPolicy:rules[].from'],
    is: { maxItems: 512 },
  },
  {
    at: [
      'AuthorizationPolicy:source.serviceAccounts',
      'AuthorizationPolicy:source.notServiceAccounts',
    ],
    is: { maxItems: 16 },
  },
  {
    at: [
      'AuthorizationPolicy:source.serviceAccounts[]',
      'AuthorizationPolicy:source.notServiceAccounts[]',
    ],
    is: { maxLength: 320 },
  },
  {
    at: ['AuthorizationPolicy:from[].source'],
    is: rules(
      rule(
        'Cannot set serviceAccounts with namespaces or principals',
        '(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&\n!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true',
      ),
    ),
  },
  {
    at: ['PeerAuthentication:spec'],
    is: rules(
      rule(
        'portLevelMtls requires selector',
        'has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true',
      ),
    ),
  },
  {
    at: ['PeerAuthentication:portLevelMtls'],
    is: {
      minProperties: 1,
      ...rules(
        rule('port must be between 1-65535', 'self.all(key, 0 < int(key) && int(key) <= 65535)'),
      ),
    },
  },
  { at: ['RequestAuthentication:spec.jwtRules'], is: { maxItems: 4096 } },
  {
    at: ['RequestAuthentication:jwtRules[]'],
    is: rules(
      rule('only one of jwks or jwksUri can be set', atMostOneOf('jwksUri', 'jwks_uri', 'jwks')),
    ),
  },
  {
    at: ['RequestAuthentication:jwtRules[].jwksUri', 'RequestAuthentication:jwtRules[].jwks_uri'],
    is: {
      minLength: 1,
      maxLength: 2048,
      ...rules(
        rule(
          'url must have scheme http:// or https://',
          'url(self).getScheme() in ["http", "https"]',
        ),
      ),
    },
  },
  {
    at: [
      'RequestAuthentication:jwtRules[].issuer',
      'RequestAuthentication:jwtRules[].audiences[]',
      'RequestAuthentication:jwtRules[].fromCookies[]',
      'RequestAuthentication:jwtRules[].fromParams[]',
      'RequestAuthentication:jwtRules[].fromHeaders[].name',
      'RequestAuthentication:outputClaimToHeaders[].claim',
      'RequestAuthentication:jwtRules[].spaceDelimitedClaims[]',
    ],
    is: NOT_EMPTY,
  },
  { at: ['RequestAuthentication:jwtRules[].spaceDelimitedClaims'], is: { maxItems: 64 } },
  {
    at: ['RequestAuthentication:outputClaimToHeaders[].header'],
    is: { ...NOT_EMPTY, pattern: HEADER_NAME },
  },
];

const telemetry: readonly Constraint[] = [
  {
    at: [
      'Telemetry:providers[].name',
      'Telemetry:match.customMetric',
      'Telemetry:customTags{}.environment.name',
      'Telemetry:customTags{}.formatter.value',
      'Telemetry:customTags{}.header.name',
      'Telemetry:customTags{}.literal.value',
    ],
    is: NOT_EMPTY,
  },
  {
    at: ['Telemetry:tagOverrides{}'],
    is: rules(
      rule(
        'value must be set when operation is UPSERT',
        '((has(self.operation) ? self.operation : "") == "UPSERT") ? (self.value != "") : true',
      ),
      rule(
        'value must not be set when operation is REMOVE',
        '((has(self.operation) ? self.operation : "") == "REMOVE") ? !has(self.value) : true',
      ),
    ),
  },
];

const wasmSchemes = (...schemes: string[]) => {
  const list = ['', ...schemes].map((scheme) => JSON.stringify(scheme)).join(', ');
  return `isURL(self) ? (url(self).getScheme() in [${list}]) : (isURL("http://" + self) &&\nurl("http://" + self).getScheme() in [${list}])`;
};

const extensions: readonly Constraint[] = [
  {
    at: ['WasmPlugin:spec.url'],
    is: {
      minLength: 1,
      ...rules(
        rule(
          'url must have schema one of [http, https, file, oci]',
          wasmSchemes('http', 'https', 'oci', 'file'),
        ),
      ),
    },
  },
  {
    at: ['TrafficExtension:wasm.url'],
    is: {
      minLength: 1,
      ...rules(
        rule(
          'url must have schema one of [http, https, file, oci]',
          wasmSchemes('http', 'https', 'file', 'oci'),
        ),
      ),
    },
  },
  {
    at: ['TrafficExtension:spec'],
    is: rules(
      rule('only one of targetRefs or selector can be set', atMostOneOf('selector', 'targetRefs')),
      rule('exactly one of wasm or lua must be set', 'has(self.wasm) != has(self.lua)'),
    ),
  },
  { at: ['TrafficExtension:lua.inlineCode'], is: { minLength: 1, maxLength: 65_536 } },
  {
    at: ['WasmPlugin:spec.sha256', 'TrafficExtension:wasm.sha256'],
    is: { pattern: '(^$|^[a-f0-9]{64}$)' },
  },
  {
    at: ['WasmPlugin:imagePullSecret', 'TrafficExtension:imagePullSecret'],
    is: { minLength: 1, maxLength: 253 },
  },
  {
    at: ['WasmPlugin:pluginName', 'TrafficExtension:pluginName'],
    is: { minLength: 1, maxLength: 256 },
  },
  {
    at: ['WasmPlugin:match[].ports', 'TrafficExtension:match[].ports'],
    is: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['number'] },
  },
  {
    at: ['WasmPlugin:vmConfig.env', 'TrafficExtension:vmConfig.env'],
    is: {
      maxItems: 256,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
  },
  {
    at: ['WasmPlugin:vmConfig.env[]', 'TrafficExtension:vmConfig.env[]'],
    is: rules(
      rule(
        'value may only be set when valueFrom is INLINE',
        '(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)',
      ),
    ),
  },
  {
    at: ['WasmPlugin:vmConfig.env[].name', 'TrafficExtension:vmConfig.env[].name'],
    is: { minLength: 1, maxLength: 256 },
  },
  {
    at: ['WasmPlugin:vmConfig.env[].value', 'TrafficExtension:vmConfig.env[].value'],
    is: { maxLength: 2048 },
  },
];

/** Every kind has the same status: conditions and messages of istiod's, and room for more. */
const status: readonly Constraint[] = [
  {
    at: ['status.conditions[].lastProbeTime', 'status.conditions[].lastTransitionTime'],
    is: { format: 'date-time' },
  },
  { at: ['.status'], is: { 'x-kubernetes-preserve-unknown-fields': true } },
];

export const constraints: readonly Constraint[] = [
  ...numbers,
  ...nulls,
  ...durations,
  ...selectors,
  ...networking,
  ...workloads,
  ...security,
  ...telemetry,
  ...extensions,
  ...status,
];

/**
 * Fields of one type that the real documents list by field number, where the alphabet would list them otherwise.
 * A refusal names missing fields in this order.
 */
export const requiredOrder: readonly string[] = [
  'port',
  'hosts',
  'number',
  'protocol',
  'name',
  'header',
  'claim',
];
