// istioctl proxy-config log: shows the log levels of a proxy's components, and changes them.
// Source: istio/istio istioctl/pkg/proxyconfig (flags, what is said of words that are no levels).

import { type Command, CommandError, type Invocation } from '../../command.ts';
import { askEnvoy } from '../../config-dump.ts';
import { type PodName, podsMeant, podsWith } from '../../pods.ts';

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
/** What --reset goes back to. */
const USUAL = 'warning';
/** The name by which all components are meant. */
const ALL = 'level';

export const command: Command = {
  long: 'Shows the log levels of a proxy by component, and changes them when told to.',
  flags: [
    {
      name: 'level',
      type: 'string',
      usage: `What to set: <level> for all components, or <component>:<level>, several with commas. Levels: ${LEVELS.join(', ')}`,
    },
    {
      name: 'reset',
      short: 'r',
      type: 'bool',
      usage: 'Set every component back to warning',
    },
    { name: 'selector', short: 'l', type: 'string', usage: 'The pods with these labels' },
  ],
  run: async (invocation: Invocation) => {
    const { flags, args, io } = invocation;
    const selector = flags.string('selector');
    const level = flags.string('level');
    if (selector === '' && args.length < 1)
      throw new CommandError('log requires pod name or --selector');
    if (flags.bool('reset') && level !== '')
      throw new CommandError('--level cannot be combined with --reset');
    if (flags.isGiven('output') && flags.string('output') !== 'short')
      throw new CommandError('--output is not applicable for this command');
    const pods = await chosen(invocation, selector);
    const ask = (pod: PodName, query: string) => logging(invocation, pod, query);
    let known = '';
    for (const pod of pods) known = await ask(pod, '');
    const changes = flags.bool('reset') ? [[ALL, USUAL] as const] : changesOf(level, known);
    for (const pod of pods) {
      let answer = known;
      if (changes.length === 0) answer = await ask(pod, '');
      for (const [name, to] of changes) answer = await ask(pod, `?${name}=${to}`);
      io.out(`${pod.name}.${pod.namespace}:\n${answer}`);
    }
  },
};

async function chosen(invocation: Invocation, selector: string): Promise<PodName[]> {
  if (selector === '') return podsMeant(invocation, invocation.args[0] ?? '');
  const namespace = invocation.namespace();
  const pods = await podsWith(invocation.cluster(), namespace, selector);
  if (pods.length === 0) throw new CommandError('no pods found');
  return pods.map(({ metadata }) => ({ name: metadata.name, namespace }));
}

async function logging(invocation: Invocation, pod: PodName, query: string): Promise<string> {
  try {
    return await askEnvoy(invocation, pod, `logging${query}`, {
      method: 'POST',
      port: invocation.flags.int('proxy-admin-port'),
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`failed to execute command on Envoy: ${error.message}`);
  }
}

/** All components first, then those that are named. */
function changesOf(text: string, known: string): (readonly [name: string, level: string])[] {
  if (text === '') return [];
  const changes = text.split(',').map((word) => {
    const own = word.split('::').at(-1) ?? '';
    const [, name, level = own] = /^([^:=]+)[:=](.*)$/.exec(own) ?? [];
    const meant = level === 'warn' ? USUAL : level;
    if (name !== undefined && name !== ALL && !known.includes(name))
      throw new CommandError(`unrecognized logger name: ${name}`);
    if (!LEVELS.includes(meant)) throw new CommandError(`unrecognized logging level: ${level}`);
    return [name ?? ALL, meant] as const;
  });
  return changes.toSorted(([a], [b]) => Number(b === ALL) - Number(a === ALL));
}
