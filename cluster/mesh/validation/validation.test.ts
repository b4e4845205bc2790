import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { KubeObject } from '../../object.ts';
import { denialOf, validate } from './validation.ts';

const GROUPS: Record<string, string> = {
  AuthorizationPolicy: 'security.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
};

/** What is said of `spec`, written as YAML: the denial, or the warnings, or nothing. */
function said(kind: string, spec: string, name = 'it'): string | string[] {
  const validation = validate({
    apiVersion: GROUPS[kind] ?? 'networking.istio.io/v1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: parse(spec) as unknown,
  } as unknown as KubeObject);
  return denialOf(validation) ?? [...validation.warnings];
}

const route = 'route: [{destination: {host: backend}}]';

/** A kind, what is written, what is said. */
const cases: [string, string, string | string[]][] = [
  ['VirtualService', `{hosts: [backend], http: [{${route}}]}`, []],
  [
    'VirtualService',
    `{hosts: [backend], http: [{route: [{destination: {host: backend, subset: v1}, weight: 90}, {destination: {host: backend, subset: v2}, weight: 20}]}]}`,
    [],
  ],
  [
    'VirtualService',
    '{}',
    'configuration is invalid: http, tcp or tls must be provided in virtual service',
  ],
  ['VirtualService', `{http: [{${route}}]}`, []],
  [
    'VirtualService',
    `{hosts: ["back end"], http: [{${route}}]}`,
    'configuration is invalid: domain name "back end" invalid (label "back end" invalid)',
  ],
  [
    'VirtualService',
    `{hosts: ["*"], http: [{${route}}]}`,
    'configuration is invalid: wildcard host * is not allowed for virtual services bound to the mesh gateway',
  ],
  ['VirtualService', `{hosts: ["*"], gateways: [web], http: [{${route}}]}`, []],
  [
    'VirtualService',
    `{hosts: [backend], http: [{route: [{destination: {host: backend}, weight: -1}]}]}`,
    'configuration is invalid: weight -1 < 0',
  ],
  [
    'VirtualService',
    '{hosts: [backend], http: [{route: [{destination: {host: a}}, {destination: {host: b}}]}]}',
    'configuration is invalid: total destination weight = 0',
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{retries: {attempts: 3, retryOn: nope}, ${route}}]}`,
    'configuration is invalid: "nope" is not a valid retryOn policy',
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{retries: {attempts: 3, retryOn: "5xx,503,connect-failure"}, ${route}}]}`,
    [],
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{retries: {attempts: -1}, ${route}}]}`,
    'configuration is invalid: 1 error occurred:\n\t* attempts cannot be negative\n\n',
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{fault: {abort: {percentage: {value: 50}, httpStatus: 9999}}, ${route}}]}`,
    'configuration is invalid: HTTP status 9999 is not in range 200-599',
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{fault: {abort: {percentage: {value: 150}, httpStatus: 500}}, ${route}}]}`,
    'configuration is invalid: percentage 150 is neither 0.0, nor in range [0.0001, 100.0]',
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{redirect: {uri: /x}, ${route}}]}`,
    'configuration is invalid: HTTP route cannot contain both route and redirect',
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{${route}}, {${route}}]}`,
    ['virtualService rule #1 not used (only the last rule can have no matches)'],
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{match: [{uri: {prefix: /a}}], ${route}}, {match: [{uri: {prefix: /ab}}], ${route}}]}`,
    [
      'virtualService rule #1 match #0 of prefix /ab is not used (duplicate/overlapping match in rule #0 of prefix /a on #0)',
    ],
  ],
  [
    'VirtualService',
    `{hosts: [backend], http: [{match: [{uri: {regex: "a(?!b)"}}], ${route}}]}`,
    'configuration is invalid: "uri": error parsing regexp: invalid or unsupported Perl syntax: `(?!`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)',
  ],
  [
    'VirtualService',
    '{hosts: [backend, backend], http: [{}]}',
    'configuration is invalid: 2 errors occurred:\n\t* duplicate hosts in virtual service: backend & backend\n\t* HTTP route, redirect or direct_response is required\n\n',
  ],
  [
    'DestinationRule',
    '{host: backend, subsets: [{name: v1}, {name: v1}]}',
    'configuration is invalid: duplicate subset names: v1',
  ],
  [
    'DestinationRule',
    '{host: backend, subsets: [{name: "V 1"}]}',
    'configuration is invalid: subset name is invalid: V 1',
  ],
  [
    'DestinationRule',
    '{host: backend, trafficPolicy: {outlierDetection: {maxEjectionPercent: 200}}}',
    'configuration is invalid: percentage 200 is not in range 0..100',
  ],
  [
    'DestinationRule',
    '{host: backend, trafficPolicy: {outlierDetection: {consecutiveErrors: 3, interval: 30s}}}',
    [
      'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
    ],
  ],
  [
    'DestinationRule',
    '{host: backend, trafficPolicy: {}}',
    'configuration is invalid: traffic policy must have at least one field',
  ],
  [
    'DestinationRule',
    '{host: backend, trafficPolicy: {tls: {mode: MUTUAL}}}',
    'configuration is invalid: 2 errors occurred:\n\t* client certificate required for mutual tls\n\t* private key required for mutual tls\n\n',
  ],
  [
    'Gateway',
    '{servers: [{port: {number: 80, name: http, protocol: NOPE}, hosts: ["*"]}]}',
    'configuration is invalid: invalid protocol "NOPE", supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP',
  ],
  [
    'Gateway',
    '{servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"]}]}',
    'configuration is invalid: server must have TLS settings for HTTPS/TLS protocols',
  ],
  [
    'Sidecar',
    '{egress: [{hosts: [backend]}]}',
    'configuration is invalid: host must be of form namespace/dnsName',
  ],
  ['Sidecar', '{egress: [{hosts: ["./*", "istio-system/*"]}]}', []],
  [
    'ServiceEntry',
    '{hosts: ["*"], ports: [{number: 80, name: http, protocol: HTTP}]}',
    'configuration is invalid: invalid host *',
  ],
  [
    'ServiceEntry',
    '{hosts: [a.example.com], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}',
    [],
  ],
  ['PeerAuthentication', '{mtls: {mode: STRICT}}', []],
  [
    'PeerAuthentication',
    '{selector: {}, mtls: {mode: STRICT}}',
    ['workload selector specified without labels'],
  ],
  ['AuthorizationPolicy', '{}', []],
  [
    'AuthorizationPolicy',
    '{rules: [{from: [{source: {}}]}]}',
    'configuration is invalid: invalid policy it.default: `from.source` must not be empty, found at rule 0',
  ],
  [
    'AuthorizationPolicy',
    '{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}',
    [
      'configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
    ],
  ],
  [
    'AuthorizationPolicy',
    '{rules: [{when: [{key: source.colour, values: [red]}]}]}',
    'configuration is invalid: 2 errors occurred:\n\t* invalid policy it.default: invalid `value` for `key` source.colour: unknown attribute: source.colour\n\t* invalid policy it.default: invalid `notValue` for `key` source.colour: unknown attribute: source.colour\n\n',
  ],
  [
    'RequestAuthentication',
    '{jwtRules: [{issuer: me, jwksUri: "ftp://x"}]}',
    'configuration is invalid: 1 error occurred:\n\t* URI scheme "ftp" is not supported\n\n',
  ],
  ['Telemetry', '{tracing: [{}, {}]}', ['multiple tracing is not currently supported']],
  [
    'EnvoyFilter',
    '{configPatches: [{applyTo: CLUSTER, patch: {operation: REMOVE}}]}',
    [
      'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.',
    ],
  ],
  ['WorkloadEntry', '{ports: {http: 80}}', 'configuration is invalid: address is required'],
];

for (const [kind, spec, words] of cases)
  test(`${kind} ${spec} is answered: ${words.length === 0 ? 'nothing' : String(words).slice(0, 60)}`, () => {
    assert.deepEqual(said(kind, spec), words);
  });

test('what is not of Istio is found without fault', () => {
  const { errors, warnings } = validate({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'x' },
  } as unknown as KubeObject);
  assert.deepEqual([errors, warnings], [[], []]);
});
