// istioctl experimental envoy-stats: the numbers of a pod's proxy as its administration lists them, or the hosts of its clusters.
// Source: istio/istio istioctl/pkg/proxyconfig (flags, what is printed around them).

import { formatYaml } from '../../cluster/schema/yaml.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import { ADMIN_PORT, askEnvoy } from '../config-dump.ts';
import { type PodName, podsMeant, podsWith } from '../pods.ts';

export const command: Command = {
  long: "The numbers of a pod's proxy. Istio keeps few of Envoy's; a pod asks for more by the annotations sidecar.istio.io/statsInclusion…",
  example: `  # Overflows of connection pools, where the pod asks for numbers of clusters
  istioctl experimental envoy-stats deploy/frontend

  # Hosts and their health
  istioctl experimental envoy-stats deploy/frontend --type clusters`,
  flags: [
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'short',
      usage: 'How to print: short, json, yaml or prom',
    },
    {
      name: 'proxy-admin-port',
      type: 'int',
      default: ADMIN_PORT,
      usage: "The port of Envoy's administration",
    },
    { name: 'selector', short: 'l', type: 'string', usage: 'The pods with these labels' },
    {
      name: 'type',
      short: 't',
      type: 'string',
      default: 'server',
      usage: 'What to print: server or clusters',
    },
  ],
  run: async (invocation: Invocation) => {
    const { flags, io } = invocation;
    const path = pathOf(flags.string('type'), flags.string('output'));
    for (const pod of await chosen(invocation)) {
      let answer: string;
      try {
        answer = await askEnvoy(invocation, pod, path, { port: flags.int('proxy-admin-port') });
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new CommandError(`failed to execute command on Envoy: ${error.message}`);
      }
      io.out(`\nThe result of pod ${pod.name}:\n\n${shown(answer, flags.string('output'))}`);
    }
  },
};

async function chosen(invocation: Invocation): Promise<PodName[]> {
  const { flags, args } = invocation;
  const selector = flags.string('selector');
  const [text] = args;
  if (text === undefined && selector === '')
    throw new CommandError('stats requires pod name or label selector');
  if (text !== undefined && selector !== '')
    throw new CommandError('name cannot be provided when the label selector is specified');
  if (text !== undefined) return podsMeant(invocation, text);
  const namespace = invocation.namespace();
  const pods = await podsWith(invocation.cluster(), namespace, selector);
  if (pods.length === 0) throw new CommandError('no pods found');
  return pods.map(({ metadata }) => ({ name: metadata.name, namespace }));
}

function pathOf(type: string, output: string): string {
  const server = type === 'server' || type === '';
  if (!server && type !== 'cluster' && type !== 'clusters')
    throw new CommandError(`unknown stats type ${type}`);
  const base = server ? 'stats' : 'clusters';
  if (output === '' || output === 'short') return base;
  if (output === 'json' || output === 'yaml') return `${base}?format=json`;
  if (output === 'prom' && server) return 'stats/prometheus';
  const allowed = server ? 'json,yaml,short,prom' : 'json,yaml,short';
  throw new CommandError(
    `unable to match a printer suitable for the output format ${output}, allowed formats are: ${allowed}`,
  );
}

function shown(answer: string, output: string): string {
  if (output === 'json') return `${JSON.stringify(JSON.parse(answer), null, 4)}\n`;
  return output === 'yaml' ? formatYaml(JSON.parse(answer)) : answer;
}
