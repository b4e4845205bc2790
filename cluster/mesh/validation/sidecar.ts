// Sidecar: which hosts a workload's proxy knows of, and what it listens on.

import type { KubeObject } from '../../object.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../../schema/fields.ts';
import { destination } from './destination.ts';
import { Findings } from './findings.ts';
import {
  fqdn,
  ipAddress,
  namespacedHost,
  port,
  portName,
  protocol,
  protocols,
  workloadSelector,
} from './names.ts';
import { serverTls } from './server-tls.ts';
import { connectionPool } from './traffic-policy.ts';
import { unixAddress } from './unix-address.ts';

export function sidecar(object: KubeObject): Findings {
  const spec = fieldsOf(object['spec']);
  const selector = isFields(spec['workloadSelector']) ? spec['workloadSelector'] : undefined;
  const selected = workloadSelector(selector, 'labels');
  if (selected.errors.length > 0) return selected;
  const findings = new Findings();
  for (const warning of selected.warnings)
    findings.warning(`sidecar: ${warning}, will be applied to all services in namespace`);
  const [ingress, egress] = [listOf(spec['ingress']), listOf(spec['egress'])];
  const others = ['outboundTrafficPolicy', 'inboundConnectionPool'];
  if (ingress.length + egress.length === 0 && !others.some((field) => isFields(spec[field])))
    return new Findings().error('sidecar: empty configuration provided');
  findings.add(ingressListeners(ingress)).add(connectionPool(spec['inboundConnectionPool']));
  findings.add(egressListeners(egress, object.metadata.namespace ?? 'default'));
  return findings.add(outboundPolicy(spec['outboundTrafficPolicy']));
}

function ingressListeners(listeners: Fields[]): Findings {
  const findings = new Findings();
  const numbers = new Set<number>();
  for (const listener of listeners) {
    const given = fieldsOf(listener['port']);
    const number = numberOf(given['number']) ?? 0;
    findings
      .add(targetPort(given))
      .error(name(given), protocol(stringOf(given['protocol'])), port(number));
    findings.error(bound(listener));
    if (numbers.has(number)) findings.error('sidecar: ports on IP bound listeners must be unique');
    numbers.add(number);
    findings.add(defaultEndpoint(stringOf(listener['defaultEndpoint'])));
    findings.add(ingressTls(listener['tls'], stringOf(given['protocol'])));
    findings.add(connectionPool(listener['connectionPool']));
  }
  return findings;
}

function targetPort(given: Fields): Findings {
  const findings = new Findings();
  return (numberOf(given['targetPort']) ?? 0) > 0
    ? findings.error('targetPort has no impact on Sidecars')
    : findings;
}

function name(given: Fields): string | undefined {
  const text = stringOf(given['name']);
  return text === '' ? undefined : portName(text);
}

function bound(listener: Fields): string | undefined {
  const bind = stringOf(listener['bind']);
  return bind === '' ? undefined : ipAddress(bind);
}

const LOCAL = ['', '127.0.0.1', '0.0.0.0', '::1', '::'];

function defaultEndpoint(endpoint: string): Findings {
  const findings = new Findings();
  if (endpoint === '') return findings;
  if (endpoint.startsWith('unix://')) return findings.error(unixAddress(endpoint));
  const [, host = '', number = ''] = /^\[?(.*?)\]?:([^:]*)$/.exec(endpoint) ?? [];
  if (!endpoint.includes(':')) findings.error(`address ${endpoint}: missing port in address`);
  if (!LOCAL.includes(host))
    findings.error(
      'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset',
    );
  return findings.error(
    /^\d+$/.test(number)
      ? port(Number(number))
      : `sidecar: defaultEndpoint port (${number}) is not a number: strconv.Atoi: parsing ${JSON.stringify(number)}: invalid syntax`,
  );
}

function ingressTls(value: unknown, portProtocol: string): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  if (stringsOf(value['subjectAltNames']).length > 0)
    findings.error('sidecar: subjectAltNames is not supported in ingress tls');
  if (value['httpsRedirect'] === true) findings.error('sidecar: httpsRedirect is not supported');
  if (stringOf(value['credentialName']) !== '')
    findings.error('sidecar: credentialName is not currently supported');
  if (stringsOf(value['credentialNames']).length > 0)
    findings.error('sidecar: credentialNames is not currently supported');
  if (listOf(value['tlsCertificates']).length > 0)
    findings.error('sidecar: tls_certificates is not currently supported');
  const mode = stringOf(value['mode']);
  if (mode === 'ISTIO_MUTUAL' || mode === 'AUTO_PASSTHROUGH')
    findings.error(`configuration is invalid: cannot set mode to ${mode} in sidecar ingress tls`);
  if (!protocols.isTls(portProtocol))
    findings.error('server cannot have TLS settings for non HTTPS/TLS ports');
  return findings.add(serverTls(value));
}

function egressListeners(listeners: Fields[], namespace: string): Findings {
  const findings = new Findings();
  const numbers = new Set<number>();
  let catchAll = false;
  for (const [index, listener] of listeners.entries()) {
    const given = listener['port'];
    if (!isFields(given)) {
      if (catchAll) {
        findings.error('sidecar: egress can have only one listener with empty port');
        continue;
      }
      if (index === listeners.length - 1) catchAll = true;
      else
        findings.error(
          'sidecar: the egress listener with empty port should be the last listener in the list',
        );
    } else {
      findings.add(targetPort(given)).add(egressPort(listener, given));
      const number = numberOf(given['number']) ?? 0;
      if (number !== 0 && numbers.has(number))
        findings.error('sidecar: ports on IP bound listeners must be unique');
      numbers.add(number);
    }
    findings.add(egressHosts(stringsOf(listener['hosts']), namespace));
  }
  return findings;
}

function egressPort(listener: Fields, given: Fields): Findings {
  const findings = new Findings();
  const number = numberOf(given['number']) ?? 0;
  findings.error(name(given), protocol(stringOf(given['protocol'])));
  if (number !== 0) return findings.error(port(number), bound(listener));
  const bind = stringOf(listener['bind']);
  findings.error(
    bind.startsWith('unix://')
      ? unixAddress(bind)
      : 'sidecar: ports with 0 value must have a unix domain socket bind address',
  );
  if (listener['captureMode'] === 'IPTABLES')
    findings.error('sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners');
  return findings;
}

function egressHosts(hosts: string[], namespace: string): Findings {
  const findings = new Findings();
  if (hosts.length === 0)
    return findings.error('sidecar: egress listener must contain at least one host');
  const known = new Map<string, Set<string>>();
  for (const host of hosts) {
    const slash = host.indexOf('/');
    if (slash >= 0) {
      const within = host.slice(0, slash) === '.' ? namespace : host.slice(0, slash);
      const service = host.slice(slash + 1);
      const services = known.get(within) ?? new Set();
      known.set(within, services);
      const repeated =
        service === '*' ? services.size > 0 : services.has(service) || services.has('*');
      if (repeated) findings.warning(`duplicated egress host: ${host}`);
      services.add(service);
    }
    findings.add(namespacedHost(host, 'sidecar'));
  }
  if (known.get('*')?.has('*') && known.size !== 1)
    findings.warning('`*/*` host select all resources, no other hosts can be added');
  return findings;
}

function outboundPolicy(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const proxy = value['egressProxy'];
  if (!isFields(proxy)) return findings;
  if (value['mode'] !== 'ALLOW_ANY')
    return findings.error(
      'sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode',
    );
  findings.error(fqdn(stringOf(proxy['host'])));
  if (!isFields(proxy['port'])) return findings.error('sidecar: egress_proxy port must be non-nil');
  return findings.add(destination(proxy));
}
