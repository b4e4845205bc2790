// istioctl proxy-config secret: the certificates of a proxy. In the simulation the mesh's root is the only one.
// Source: istio/istio istioctl/pkg/writer/compare/sds (columns).

import { X509Certificate } from 'node:crypto';
import { at, type Fields, listOf, stringOf } from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { configDumpOf, inCamelCase } from '../../config-dump.ts';
import { table } from '../../table.ts';
import { fileFlag, requirePod, show } from './shown.ts';

export const SECRETS_QUERY = '?mask=dynamic_active_secrets,dynamic_warming_secrets';

export const command: Command = {
  long: 'The certificates that a proxy holds.',
  flags: [fileFlag],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump } = await configDumpOf(invocation, SECRETS_QUERY);
    const { '@type': _type, ...part } = dump.part('SecretsConfigDump');
    show(invocation, { summary: () => secretSummary(part), messages: () => inCamelCase(part) });
    const without = listOf(part['dynamic_active_secrets'])
      .filter((secret) => certificateOf(secret) === undefined)
      .map(({ name }) => stringOf(name));
    if (invocation.flags.string('output') === 'short' && without.length > 0)
      invocation.io.err(
        `${without.join(', ')}: not simulated. Nothing is encrypted between simulated proxies, so they hold no certificate of their own.\n`,
      );
  },
};

export function secretSummary(part: Fields, prefix = ''): string {
  const secrets = listOf(part['dynamic_active_secrets']);
  if (secrets.length === 0) return 'No active or warming secrets found.\n';
  const rows = secrets.flatMap((secret) => {
    const certificate = certificateOf(secret);
    return certificate ? [rowOf(`${prefix}${stringOf(secret['name'])}`, certificate)] : [];
  });
  return table([HEADER, ...rows], 5);
}

const HEADER = [
  'RESOURCE NAME',
  'TYPE',
  'STATUS',
  'VALID CERT',
  'SERIAL NUMBER',
  'NOT AFTER',
  'NOT BEFORE',
];

function rowOf(name: string, certificate: X509Certificate): string[] {
  const [from, to] = [certificate.validFrom, certificate.validTo].map((text) => new Date(text));
  const now = Date.now();
  const valid =
    from !== undefined && to !== undefined && from.getTime() <= now && now <= to.getTime();
  const told = (date: Date | undefined) => `${date?.toISOString().slice(0, 19) ?? ''}Z`;
  return [
    name,
    certificate.ca ? 'CA' : 'Cert Chain',
    'ACTIVE',
    String(valid),
    certificate.serialNumber.toLowerCase(),
    told(to),
    told(from),
  ];
}

/** Undefined for a secret without one that can be read. */
export function certificateOf(secret: Fields): X509Certificate | undefined {
  const held = at(secret, 'secret', 'validation_context', 'trusted_ca', 'inline_bytes');
  if (typeof held !== 'string') return undefined;
  try {
    return new X509Certificate(Buffer.from(held, 'base64'));
  } catch {
    return undefined; // A file may hold anything.
  }
}
