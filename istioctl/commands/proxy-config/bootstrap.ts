// istioctl proxy-config bootstrap: what a proxy was started with. Whole by default.
// Source: istio/istio istioctl/pkg/writer/envoy/configdump/configdump.go.

import { at, type Fields, stringOf } from '../../../cluster/schema/fields.ts';
import type { Command, Invocation } from '../../command.ts';
import { configDumpOf, inCamelCase } from '../../config-dump.ts';
import { table } from '../../table.ts';
import { fileFlag, requirePod, show } from './shown.ts';

export const command: Command = {
  long: 'What the proxy of a pod was started with.',
  flags: [
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'json',
      usage: 'How to print: json, yaml or short',
    },
    fileFlag,
  ],
  run: async (invocation: Invocation) => {
    requirePod(invocation);
    const { dump } = await configDumpOf(invocation, '?mask=bootstrap');
    const { '@type': _type, ...part } = dump.part('BootstrapConfigDump');
    show(invocation, { summary: () => bootstrapSummary(part), messages: () => inCamelCase(part) });
  },
};

/** Of versions only Istio's is known: no Envoy was built here. */
export function bootstrapSummary(part: Fields): string {
  const version = stringOf(at(part, 'bootstrap', 'node', 'metadata', 'ISTIO_VERSION'));
  return version === '' ? '' : table([['Istio Version:', version]], 1);
}
