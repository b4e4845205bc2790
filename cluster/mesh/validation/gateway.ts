// Gateway: servers with hosts, ports and TLS.

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
import { Findings } from './findings.ts';
import { ipAddress, isDnsLabel, namespacedHost, port, protocols, quoted } from './names.ts';
import { serverTls } from './server-tls.ts';
import { unixAddress } from './unix-address.ts';

export function gateway(object: KubeObject): Findings {
  const findings = new Findings();
  const { name } = object.metadata;
  if (!isDnsLabel(name)) findings.error(`invalid gateway name: ${quoted(name)}`);
  const servers = listOf(fieldsOf(object['spec'])['servers']);
  if (servers.length === 0) findings.error('gateway must have at least one server');
  for (const server of servers) findings.add(serverOf(server));
  const names = new Set<string>();
  for (const server of servers) {
    const given = fieldsOf(server['port']);
    const portName = stringOf(given['name']);
    if (names.has(portName))
      findings.error(`port names in servers must be unique: duplicate name ${portName}`);
    names.add(portName);
    if (
      !protocols.isHttp(stringOf(given['protocol'])) &&
      fieldsOf(server['tls'])['httpsRedirect'] === true
    )
      findings.warning('tls.httpsRedirect should only be used with http servers');
  }
  return findings;
}

function serverOf(server: Fields): Findings {
  const findings = new Findings();
  const hosts = stringsOf(server['hosts']);
  if (hosts.length === 0) findings.error('server config must contain at least one host');
  for (const host of hosts) findings.add(namespacedHost(host, 'gateway'));
  const given = fieldsOf(server['port']);
  const bind = stringOf(server['bind']);
  const ports = serverPort(given, bind);
  findings.add(ports).add(serverBind(given, bind)).add(serverTls(server['tls']));
  if (ports.errors.length > 0) return findings;
  const protocol = stringOf(given['protocol']);
  const tls = server['tls'];
  if (protocols.isTls(protocol) && !isFields(tls))
    findings.error('server must have TLS settings for HTTPS/TLS protocols');
  if (protocols.isTls(protocol) || !isFields(tls)) return findings;
  if (!protocols.isHttp(protocol))
    return findings.error('server cannot have TLS settings for non HTTPS/TLS ports');
  const certificates = ['caCertificates', 'privateKey', 'serverCertificate'];
  const passthrough = ['PASSTHROUGH', 'AUTO_PASSTHROUGH', undefined].some(
    (mode) => tls['mode'] === mode,
  );
  if (!passthrough || certificates.some((field) => stringOf(tls[field]) !== ''))
    findings.error('server cannot have TLS settings for plain text HTTP ports');
  return findings;
}

function serverPort(given: Fields, bind: string): Findings {
  const findings = new Findings();
  const protocol = stringOf(given['protocol']);
  if (!protocols.isKnown(protocol))
    findings.error(
      `invalid protocol ${quoted(protocol)}, supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP`,
    );
  const number = numberOf(given['number']) ?? 0;
  if (number > 0 || !bind.startsWith('unix://')) findings.error(port(number));
  if ((numberOf(given['targetPort']) ?? 0) > 0)
    findings.error('targetPort has no impact on Gateways');
  return findings;
}

function serverBind(given: Fields, bind: string): Findings {
  const findings = new Findings();
  if (bind.startsWith('unix://')) {
    findings.error(unixAddress(bind));
    const number = numberOf(given['number']) ?? 0;
    if (number !== 0)
      findings.error(
        `port number must be 0 for unix domain socket: number:${number} protocol:${quoted(stringOf(given['protocol']))} name:${quoted(stringOf(given['name']))}`,
      );
  } else if (bind !== '') {
    findings.error(ipAddress(bind));
  }
  return findings;
}
