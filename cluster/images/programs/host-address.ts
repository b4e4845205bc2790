// Hosts as tools are given them: an address, or a name to look up.

import type { Process } from '../../node/process.ts';

/** Undefined when the name does not resolve. */
export async function hostAddress(process: Process, host: string): Promise<string | undefined> {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return host;
  return host === '' ? undefined : (await process.net.lookup(host))[0];
}
