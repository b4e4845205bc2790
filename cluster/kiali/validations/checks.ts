// Kiali's checks by what they find: code, sentence and how bad it is. The sentences are what its API answers and its pages show.
// Source: kiali.io, Istio Configuration Validation.

export type Severity = 'error' | 'warning' | 'unknown';

export interface Check {
  code: string;
  message: string;
  severity: Severity;
  /** Where in the object: `spec/http[0]/route[1]/weight`. */
  path: string;
}

const TABLE = {
  selectorless: ['KIA0002', 'More than one selector-less object in the same namespace', 'error'],
  sameWorkload: ['KIA0003', 'More than one object applied to the same workload', 'error'],
  noWorkload: [
    'KIA0004',
    'No matching workload found for the selector in this namespace',
    'warning',
  ],
  exportTo: ['KIA0005', 'No matching namespace found or namespace is not accessible', 'error'],
  namespaceNotFound: ['KIA0101', 'Namespace not found for this rule', 'warning'],
  method: ['KIA0102', 'Only HTTP methods and fully-qualified gRPC names are allowed', 'warning'],
  policyHost: ['KIA0104', 'This host has no matching entry in the service registry', 'error'],
  needsMtls: ['KIA0105', 'This field requires mTLS to be enabled', 'error'],
  principal: ['KIA0106', 'Service Account not found for this principal', 'error'],
  sameSubset: [
    'KIA0201',
    'More than one DestinationRules for the same host subset combination',
    'warning',
  ],
  ruleHost: [
    'KIA0202',
    'This host has no matching entry in the service registry (service, workload or service entries)',
    'error',
  ],
  subsetLabels: ['KIA0203', "This subset's labels are not found in any matching host", 'error'],
  tlsOverridden: [
    'KIA0204',
    'mTLS settings of a non-local Destination Rule are overridden',
    'warning',
  ],
  meshPolicyMissing: [
    'KIA0205',
    'PeerAuthentication enabling mTLS at mesh level is missing',
    'error',
  ],
  namespacePolicyMissing: [
    'KIA0206',
    'PeerAuthentication enabling namespace-wide mTLS is missing',
    'error',
  ],
  policyStrict: [
    'KIA0207',
    'PeerAuthentication with TLS strict mode found, it should be permissive',
    'error',
  ],
  meshPolicyStrict: [
    'KIA0208',
    'PeerAuthentication enabling mTLS found, permissive mode needed',
    'error',
  ],
  subsetNoLabels: ['KIA0209', 'This subset has not labels', 'warning'],
  sameGatewayHost: [
    'KIA0301',
    'More than one Gateway for the same host port combination',
    'warning',
  ],
  gatewaySelector: [
    'KIA0302',
    'No matching workload found for gateway selector in this namespace',
    'warning',
  ],
  meshRuleMissing: ['KIA0401', 'Mesh-wide Destination Rule enabling mTLS is missing', 'error'],
  namespaceRuleMissing: [
    'KIA0501',
    'Destination Rule enabling namespace-wide mTLS is missing',
    'error',
  ],
  disablingRuleMissing: [
    'KIA0505',
    'Destination Rule disabling namespace-wide mTLS is missing',
    'error',
  ],
  disablingMeshRuleMissing: [
    'KIA0506',
    'Destination Rule disabling mesh-wide mTLS is missing',
    'error',
  ],
  portName: ['KIA0601', 'Port name must follow <protocol>[-suffix] form', 'error'],
  appProtocol: ['KIA0602', 'Port appProtocol must follow <protocol> form', 'error'],
  portNotFound: ['KIA0701', 'Deployment exposing same port as Service not found', 'warning'],
  egressHost: ['KIA1004', 'This host has no matching entry in the service registry', 'warning'],
  globalSidecar: ['KIA1006', 'Global default sidecar should not have workloadSelector', 'warning'],
  routeHost: [
    'KIA1101',
    "DestinationWeight on route doesn't have a valid service (host not found)",
    'error',
  ],
  noGateway: ['KIA1102', 'VirtualService is pointing to a non-existent gateway', 'error'],
  singleWeight: [
    'KIA1104',
    'The weight is assumed to be 100 because there is only one route destination',
    'warning',
  ],
  repeatedSubset: [
    'KIA1105',
    'This host subset combination is already referenced in another route destination',
    'warning',
  ],
  sameHost: ['KIA1106', 'More than one Virtual Service for same host', 'warning'],
  subsetNotFound: ['KIA1107', 'Subset not found', 'warning'],
  oldGatewayName: [
    'KIA1108',
    'Preferred nomenclature: <gateway namespace>/<gateway name>',
    'unknown',
  ],
  uncovered: ['KIA1301', 'This workload is not covered by any authorization policy', 'warning'],
} as const satisfies Record<string, readonly [string, string, Severity]>;

export type Finding = keyof typeof TABLE;

export function check(finding: Finding, path: string, severity?: Severity): Check {
  const [code, message, usual] = TABLE[finding];
  return { code, message, severity: severity ?? usual, path };
}
