// What every controller is given of its cluster.

import type { ApiClient } from '../api/client.ts';
import type { Tokens } from '../api/tokens.ts';
import type { Clock } from '../clock.ts';
import type { Platform } from '../platform.ts';
import type { Store } from '../store/store.ts';

export interface World {
  store: Store;
  /** A client that writes under this name: the user, and the field manager of what it writes. */
  client(name: string): ApiClient;
  clock: Clock;
  /** Uniform in [0, 1), seeded by the cluster. */
  random: () => number;
  log: Platform['log'];
  /** PEM of the certificate authority that signs the API server's certificate: pods find it in `kube-root-ca.crt`. */
  rootCertificate?: string;
  /** Signs tokens of service accounts. Without it Secrets for tokens stay empty. */
  tokens?: Pick<Tokens, 'issue'>;
}

/** The name under which all controllers but the scheduler write, as in a real cluster. */
export const CONTROLLER_MANAGER = 'kube-controller-manager';
export const SCHEDULER = 'kube-scheduler';
