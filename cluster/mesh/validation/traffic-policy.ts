// Traffic policies: load balancing, connection pools, outlier detection, TLS and tunnels, of DestinationRules and Sidecars.

import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
} from '../../schema/fields.ts';
import { Findings } from './findings.ts';
import { duration, fqdn, ipAddress, nanosOf, port } from './names.ts';

const PORT_FIELDS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'];
const FIELDS = [...PORT_FIELDS, 'portLevelSettings', 'tunnel', 'proxyProtocol', 'retryBudget'];

export function trafficPolicy(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const has = (field: string) =>
    field === 'portLevelSettings' ? listOf(value[field]).length > 0 : isFields(value[field]);
  if (!FIELDS.some(has)) return findings.error('traffic policy must have at least one field');
  if (has('tunnel') && has('proxyProtocol'))
    return findings.error('tunnel and proxyProtocol must not be set together');
  findings.add(sharedPolicy(value));
  for (const policy of listOf(value['portLevelSettings'])) {
    if (!isFields(policy['port'])) findings.error('portTrafficPolicy must have valid port');
    if (PORT_FIELDS.some((field) => isFields(policy[field]))) findings.add(sharedPolicy(policy));
    else findings.error('port traffic policy must have at least one field');
  }
  return findings.add(tunnel(value['tunnel']));
}

function sharedPolicy(policy: Fields): Findings {
  return new Findings()
    .add(outlierDetection(policy['outlierDetection']))
    .add(connectionPool(policy['connectionPool']))
    .add(loadBalancer(policy['loadBalancer'], policy['outlierDetection']))
    .add(clientTls(policy['tls']));
}

function outlierDetection(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  findings.error(duration(value['baseEjectionTime']));
  if ((numberOf(value['consecutiveErrors']) ?? 0) !== 0)
    findings.warning(
      'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
    );
  if (
    value['splitExternalLocalOriginErrors'] !== true &&
    (numberOf(value['consecutiveLocalOriginFailures']) ?? 0) > 0
  )
    findings.error(
      'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false',
    );
  findings.error(duration(value['interval']));
  for (const field of ['maxEjectionPercent', 'minHealthPercent']) {
    const share = numberOf(value[field]) ?? 0;
    if (share < 0 || share > 100) findings.error(`percentage ${share} is not in range 0..100`);
  }
  return findings;
}

export function connectionPool(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const { http, tcp } = value;
  if (!isFields(http) && !isFields(tcp))
    return findings.error('connection pool must have at least one field');
  const nonNegative = (of: Fields, field: string, name: string) => {
    if ((numberOf(of[field]) ?? 0) < 0) findings.error(`${name} must be non-negative`);
  };
  if (isFields(http)) {
    nonNegative(http, 'http1MaxPendingRequests', 'http1 max pending requests');
    nonNegative(http, 'http2MaxRequests', 'http2 max requests');
    nonNegative(http, 'maxRequestsPerConnection', 'max requests per connection');
    nonNegative(http, 'maxRetries', 'max retries');
    findings.error(duration(http['idleTimeout']));
    if (http['h2UpgradePolicy'] === 'UPGRADE' && http['useClientProtocol'] === true)
      findings.error('use client protocol must not be true when H2UpgradePolicy is UPGRADE');
    nonNegative(http, 'maxConcurrentStreams', 'max concurrent streams');
  }
  if (isFields(tcp)) {
    nonNegative(tcp, 'maxConnections', 'max connections');
    findings.error(duration(tcp['connectTimeout']), duration(tcp['maxConnectionDuration']));
    // Nothing, as a time, switches it off.
    const idle = tcp['idleTimeout'];
    if (typeof idle === 'string' && Math.trunc(nanosOf(idle) / 1e6) !== 0)
      findings.error(duration(idle));
    const keepalive = fieldsOf(tcp['tcpKeepalive']);
    findings.error(duration(keepalive['time']), duration(keepalive['interval']));
  }
  return findings;
}

/** The largest table of a Maglev load balancer. Source: Envoy's API. */
const MAGLEV_LIMIT = 5_000_011;

function loadBalancer(value: unknown, outlier: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const hash = value['consistentHash'];
  if (isFields(hash)) findings.add(consistentHash(hash));
  findings.add(locality(value['localityLbSetting'], outlier));
  const warmup = value['warmup'];
  if (isFields(warmup)) {
    findings.error(duration(warmup['duration']));
    const aggression = numberOf(warmup['aggression']);
    if (aggression !== undefined && aggression < 1)
      findings.error('aggression should be greater than or equal to 1');
  }
  return findings;
}

function consistentHash(hash: Fields): Findings {
  const findings = new Findings();
  const cookie = hash['httpCookie'];
  if (isFields(cookie)) {
    if (stringOf(cookie['name']) === '') findings.error('name required for HttpCookie');
    const seen = new Set<string>();
    for (const attribute of listOf(cookie['attributes'])) {
      const name = stringOf(attribute['name']);
      if (name === '') findings.error('cookie attribute name cannot be empty');
      else if (seen.has(name)) findings.error(`duplicate cookie attribute name: ${name}`);
      seen.add(name);
    }
  }
  const maglev = hash['maglev'];
  if ((numberOf(hash['minimumRingSize']) ?? 0) !== 0) {
    findings.warning(
      "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead",
    );
    if (isFields(maglev) || isFields(hash['ringHash']))
      findings.error('only one of MinimumRingSize or Maglev/Ringhash can be specified');
  }
  if (isFields(maglev)) {
    const size = numberOf(maglev['tableSize']) ?? 0;
    if (size === 0) findings.error('tableSize must be set for maglev');
    if (size >= MAGLEV_LIMIT)
      findings.error(`tableSize must be less than ${MAGLEV_LIMIT} for maglev`);
    if (!isPrime(size)) findings.error('tableSize must be a prime number for maglev');
  }
  return findings;
}

function isPrime(number: number): boolean {
  if (number !== 0 && number < 4) return true;
  if (number % 2 === 0) return false;
  for (let factor = 3; factor * factor <= number; factor += 2)
    if (number % factor === 0) return false;
  return true;
}

function locality(value: unknown, outlier: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const [distribute, failover] = [listOf(value['distribute']), listOf(value['failover'])];
  if (distribute.length > 0 && failover.length > 0)
    return findings.error("can not simultaneously specify 'distribute' and 'failover'");
  for (const { to } of distribute) {
    const weights = Object.values(fieldsOf(to)).map((weight) => numberOf(weight) ?? 0);
    if (weights.some((weight) => weight <= 0 || weight > 100))
      return findings.error('locality weight must be in range [1, 100]');
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total !== 100) return findings.error(`total locality weight ${total} != 100`);
  }
  if (failover.length > 0 && !isFields(outlier))
    findings.warning('outlier detection policy must be provided for failover');
  for (const { from, to } of failover) {
    const [here, there] = [stringOf(from), stringOf(to)];
    if (here === there)
      findings.error('locality lb failover settings must specify different regions');
    if (here.includes('/') || there.includes('/'))
      findings.error('locality lb failover only specify region');
    if (here.includes('*') || there.includes('*'))
      findings.error("locality lb failover region should not contain '*' wildcard");
  }
  return findings;
}

function clientTls(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const has = (field: string) => stringOf(value[field]) !== '';
  const names = Array.isArray(value['subjectAltNames']) && value['subjectAltNames'].length > 0;
  const { mode } = value;
  if (value['insecureSkipVerify'] === true) {
    if (mode === 'SIMPLE' && (has('caCertificates') || has('credentialName') || names))
      findings.error(
        'cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true',
      );
    if (mode === 'MUTUAL' && (has('caCertificates') || names))
      findings.error(
        'cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true',
      );
  }
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && has('credentialName')) {
    if (['clientCertificate', 'caCertificates', 'privateKey', 'caCrl'].some(has))
      findings.error(
        'cannot specify client certificates or CA certificate or CA CRL If credentialName is set',
      );
    return findings;
  }
  if (mode === 'MUTUAL') {
    if (!has('clientCertificate')) findings.error('client certificate required for mutual tls');
    if (!has('privateKey')) findings.error('private key required for mutual tls');
  }
  return findings;
}

function tunnel(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  if (!['', 'CONNECT', 'POST'].includes(stringOf(value['protocol'])))
    findings.error('tunnel protocol must be "CONNECT" or "POST"');
  const host = stringOf(value['targetHost']);
  const [name, address] = [fqdn(host), ipAddress(host)];
  if (name !== undefined && address !== undefined)
    findings.error(`tunnel target host must be valid FQDN or IP address: ${name}; ${address}`);
  const problem = port(numberOf(value['targetPort']) ?? 0);
  if (problem !== undefined) findings.error(`tunnel target port is invalid: ${problem}`);
  return findings;
}
