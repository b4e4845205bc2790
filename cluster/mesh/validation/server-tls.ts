// TLS as a Gateway's server or a Sidecar's ingress listener serves it: modes, and where certificates come from.

import { type Fields, isFields, listOf, stringOf, stringsOf } from '../../schema/fields.ts';
import { Findings } from './findings.ts';

/** Source: the cipher suites that Envoy offers, as the reference of ServerTLSSettings lists them. */
const CIPHERS = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-PSK-AES128-CBC-SHA',
  'ECDHE-PSK-AES256-CBC-SHA',
  'ECDHE-PSK-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-SHA',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'AES128-GCM-SHA256',
  'AES128-SHA',
  'AES256-GCM-SHA384',
  'AES256-SHA',
  'PSK-AES128-CBC-SHA',
  'PSK-AES256-CBC-SHA',
  'DES-CBC3-SHA',
]);

export function serverTls(value: unknown): Findings {
  const findings = new Findings();
  if (!isFields(value)) return findings;
  const mode = stringOf(value['mode']) || 'PASSTHROUGH';
  findings.add(ciphers(value));
  const sources = certificateSources(value);
  if (mode === 'ISTIO_MUTUAL') return findings.add(istioMutual(value));
  if (mode.endsWith('PASSTHROUGH') && (sources.any || stringOf(value['caCrl']) !== ''))
    findings.warning(`${mode} mode does not use certificates, they will be ignored`);
  if (sources.count > 1)
    findings.error(
      'only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified',
    );
  const mutual = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  if (!mutual && mode !== 'SIMPLE') return findings;
  if (sources.byCredential) return findings;
  return findings.add(ownCertificates(value, mutual)).add(revocations(value, mode));
}

function ciphers(tls: Fields): Findings {
  const findings = new Findings();
  const suites = stringsOf(tls['cipherSuites']);
  const old = ['TLSV1_0', 'TLSV1_1'].includes(stringOf(tls['minProtocolVersion']));
  if (old && suites.length === 0)
    findings.warning(
      'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.',
    );
  const listed = (names: string[]) => `[${[...new Set(names)].sort().join(' ')}]`;
  const invalid = suites.filter((suite) => !CIPHERS.has(suite));
  const repeated = suites.filter((suite, at) => CIPHERS.has(suite) && suites.indexOf(suite) < at);
  if (invalid.length > 0) findings.warning(`ignoring invalid cipher suites: ${listed(invalid)}`);
  if (repeated.length > 0)
    findings.warning(`ignoring duplicate cipher suites: ${listed(repeated)}`);
  return findings;
}

function certificateSources(tls: Fields) {
  const has = (field: string) => stringOf(tls[field]) !== '';
  const lists = (field: string) => Array.isArray(tls[field]) && tls[field].length > 0;
  const byCredential = has('credentialName') || lists('credentialNames');
  const files = ['serverCertificate', 'privateKey'];
  const kinds = [
    files.every(has),
    has('credentialName'),
    lists('credentialNames'),
    lists('tlsCertificates'),
  ];
  return {
    byCredential,
    any: byCredential || lists('tlsCertificates') || [...files, 'caCertificates'].some(has),
    count: kinds.filter(Boolean).length,
  };
}

function istioMutual(tls: Fields): Findings {
  const findings = new Findings();
  const refuse = (field: string, name: string) => {
    const given = tls[field];
    if (Array.isArray(given) ? given.length > 0 : stringOf(given) !== '')
      findings.error(`ISTIO_MUTUAL TLS cannot have associated ${name}`);
  };
  refuse('serverCertificate', 'server certificate');
  refuse('privateKey', 'private key');
  refuse('caCertificates', 'CA bundle');
  refuse('tlsCertificates', 'tlsCertificates');
  refuse('credentialName', 'credentialName');
  refuse('credentialNames', 'credentialNames');
  return findings;
}

function ownCertificates(tls: Fields, mutual: boolean): Findings {
  const findings = new Findings();
  const mode = mutual ? 'MUTUAL TLS' : 'SIMPLE TLS';
  if (mutual && stringOf(tls['caCertificates']) === '')
    findings.error(`${mode} requires a client CA bundle`);
  const listed = listOf(tls['tlsCertificates']);
  if (listed.length > 2) findings.warning(`${mode} can support up to 2 server certificates`);
  for (const certificate of listed.length > 0 ? listed : [tls]) {
    if (stringOf(certificate['serverCertificate']) === '')
      findings.error(`${mode} requires a server certificate`);
    if (stringOf(certificate['privateKey']) === '')
      findings.error(`${mode} requires a private key`);
  }
  return findings;
}

function revocations(tls: Fields, mode: string): Findings {
  const findings = new Findings();
  if (stringOf(tls['caCrl']) !== '' && mode === 'SIMPLE')
    findings.error('CRL is not supported with SIMPLE TLS');
  return findings;
}
