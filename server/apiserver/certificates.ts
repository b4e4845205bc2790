// Who the API server is and who may command it: a CA of its own for each cluster, a server certificate for this machine's
// loopback, and an administrator's client certificate. The CA's key is forgotten at once, so nobody can ever sign another.
// Knows X.509; nothing of sockets or files.

import { X509Certificate } from 'node:crypto';
import type * as x509 from '@peculiar/x509';

/** PEM texts. All that is needed to serve a cluster, and to be its administrator. */
export interface Identity {
  caCertificate: string;
  serverCertificate: string;
  serverKey: string;
  clientCertificate: string;
  clientKey: string;
}

/** As kubeadm signs them: the CA for ten years, the leaves for one. */
const CA_YEARS = 10;
const LEAF_YEARS = 1;
/** A cluster that is opened with less than this left gets a new identity and a new kubeconfig. */
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1_000;
/** Certificates start in the past: a laptop's clock may be set back a little after it wakes. */
const BACKDATE_MS = 60 * 60 * 1_000;

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'mesh-lab-control-plane',
];
/** Loopback, and the first address of the Service range, where pods find the API. */
const SERVER_ADDRESSES = ['127.0.0.1', '::1', '10.96.0.1'];

export async function createIdentity(now = Date.now()): Promise<Identity> {
  // The library needs its metadata shim loaded before it; both cost 0.1 s, so only who makes an identity pays.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const [caKeys, serverKeys, clientKeys] = await Promise.all([newKeys(), newKeys(), newKeys()]);
  const notBefore = new Date(now - BACKDATE_MS);
  const ca = await selfSigned('CN=kubernetes', caKeys, now);
  const leaf = async (
    subject: string,
    serialNumber: string,
    publicKey: Keys['publicKey'],
    extensions: x509.Extension[],
  ): Promise<string> => {
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      serialNumber,
      issuer: ca.subject,
      notBefore,
      notAfter: yearsAfter(now, LEAF_YEARS),
      publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(ca),
        ...extensions,
      ],
    });
    return pem(certificate.toString('pem'));
  };
  const [serverCertificate, clientCertificate] = await Promise.all([
    leaf('CN=kube-apiserver', '02', serverKeys.publicKey, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...SERVER_NAMES.map((value) => ({ type: 'dns' as const, value })),
        ...SERVER_ADDRESSES.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ]),
    leaf('O=system:masters, CN=kubernetes-admin', '03', clientKeys.publicKey, [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ]),
  ]);
  return {
    caCertificate: pem(ca.toString('pem')),
    serverCertificate,
    serverKey: await privatePem(serverKeys.privateKey),
    clientCertificate,
    clientKey: await privatePem(clientKeys.privateKey),
  };
}

/** An authority of its own, its key included: for what is signed inside a cluster. */
export async function createAuthority(
  organization: string,
  now = Date.now(),
): Promise<{ certificate: string; key: string }> {
  await import('reflect-metadata');
  const keys = await newKeys();
  const certificate = await selfSigned(`O=${organization}`, keys, now);
  return {
    certificate: pem(certificate.toString('pem')),
    key: await privatePem(keys.privateKey),
  };
}

async function selfSigned(name: string, keys: Keys, now: number): Promise<x509.X509Certificate> {
  const x509 = await import('@peculiar/x509');
  return x509.X509CertificateGenerator.createSelfSigned({
    name,
    serialNumber: '01',
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: yearsAfter(now, CA_YEARS),
    keys,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

/** False when a certificate is about to end, or is none. */
export function isFresh(identity: Identity, now = Date.now()): boolean {
  return [identity.caCertificate, identity.serverCertificate, identity.clientCertificate].every(
    (text) => {
      try {
        return Date.parse(new X509Certificate(text).validTo) - now > RENEW_BEFORE_MS;
      } catch {
        return false; // A damaged file: a new identity replaces it.
      }
    },
  );
}

type Keys = Awaited<ReturnType<typeof newKeys>>;

function newKeys() {
  return crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function privatePem(key: Keys['privateKey']): Promise<string> {
  const bytes = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${bytes.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

/** With the newline at its end that concatenation needs. */
function pem(text: string): string {
  return `${text.trim()}\n`;
}

function yearsAfter(now: number, years: number): Date {
  const date = new Date(now);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date;
}
