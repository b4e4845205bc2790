// The file that makes a client the administrator of one cluster. Knows its format; nothing of where it is kept.

import type { Identity } from './certificates.ts';

/** What kubectl calls the cluster: `kubectl config current-context` prints it. As with kind, its user is called so too. */
const CLUSTER = 'mesh-lab';
const USER = CLUSTER;

export function kubeconfigFor(identity: Identity, server: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: ${CLUSTER}
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(identity.caCertificate)}
users:
- name: ${USER}
  user:
    client-certificate-data: ${base64(identity.clientCertificate)}
    client-key-data: ${base64(identity.clientKey)}
contexts:
- name: ${CLUSTER}
  context:
    cluster: ${CLUSTER}
    user: ${USER}
current-context: ${CLUSTER}
preferences: {}
`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
