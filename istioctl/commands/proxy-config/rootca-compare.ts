// istioctl proxy-config rootca-compare: whether two proxies trust the same root, without which they cannot speak.

import { listOf } from '../../../cluster/schema/fields.ts';
import { type Command, CommandError, exactArgs, type Invocation } from '../../command.ts';
import { ConfigDump, podDump } from '../../config-dump.ts';
import { podMeant } from '../../pods.ts';
import { certificateOf, SECRETS_QUERY } from './secret.ts';

export const command: Command = {
  long: 'Whether the proxies of two pods trust the same root, without which they cannot speak.',
  checkArgs: (args) =>
    exactArgs(2)(args) === undefined ? undefined : 'rootca-compare requires 2 pods as an argument',
  run: async (invocation: Invocation) => {
    const [first = '', second = ''] = invocation.args;
    const pods = [await podMeant(invocation, first), await podMeant(invocation, second)];
    const [a, b] = [await rootOf(invocation, first), await rootOf(invocation, second)];
    const names = pods.map(({ name, namespace }) => `[${name}.${namespace}]`).join(' and ');
    if (a !== b)
      throw new CommandError(
        `Both ${names} have the non identical ROOTCA, theoretically the connectivity between them is unavailable`,
      );
    invocation.io.out(
      `Both ${names} have the identical ROOTCA, theoretically the connectivity between them is available\n`,
    );
  },
};

async function rootOf(invocation: Invocation, pod: string): Promise<string> {
  const dump = new ConfigDump(await podDump(invocation, pod, SECRETS_QUERY));
  const secrets = listOf(dump.part('SecretsConfigDump')['dynamic_active_secrets']);
  const root = secrets.find(({ name }) => name === 'ROOTCA');
  const certificate = root && certificateOf(root);
  if (!certificate) throw new CommandError('cannot find ROOTCA from secret');
  return certificate.fingerprint256;
}
