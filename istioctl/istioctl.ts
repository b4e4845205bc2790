// One call of istioctl, from its words to its exit code. Knows the flags that every command takes; nothing of processes, so
// that tests call it as the shell does.

import { ClusterClient } from './api-client.ts';
import { type Command, CommandError, type Invocation, type Io, SilentExit } from './command.ts';
import { commands } from './commands.ts';
import type { Flag } from './flags.ts';
import { clusterAccess } from './kubeconfig.ts';
import { meant } from './parse.ts';
import { helpOf, type Placed } from './usage.ts';

const GLOBAL_FLAGS: readonly Flag[] = [
  {
    name: 'as',
    type: 'string',
    usage:
      'Username to impersonate for the operation. User could be a regular user or a service account in a namespace',
  },
  {
    name: 'as-group',
    type: 'stringArray',
    usage:
      'Group to impersonate for the operation, this flag can be repeated to specify multiple groups.',
  },
  { name: 'as-uid', type: 'string', usage: 'UID to impersonate for the operation.' },
  { name: 'context', type: 'string', usage: 'Kubernetes configuration context' },
  {
    name: 'istioNamespace',
    short: 'i',
    type: 'string',
    default: 'istio-system',
    usage: 'Istio system namespace',
  },
  {
    name: 'kubeclient-timeout',
    type: 'string',
    default: '15s',
    usage: 'Kubernetes client timeout as a time.Duration string, defaults to 15 seconds.',
  },
  { name: 'kubeconfig', short: 'c', type: 'string', usage: 'Kubernetes configuration file' },
  { name: 'namespace', short: 'n', type: 'string', usage: 'Kubernetes namespace' },
  {
    name: 'vklog',
    type: 'string',
    valueName: 'Level',
    usage: 'number for the log level verbosity. Like -v flag. ex: --vklog=9',
  },
  // What it logs of its own work: taken, and nothing is logged here.
  ...['log_as_json'].map((name): Flag => ({ name, type: 'bool', usage: '', hidden: true })),
  ...['log_caller', 'log_output_level', 'log_stacktrace_level', 'log_rotate', 'log_target'].map(
    (name): Flag => ({ name, type: 'string', usage: '', hidden: true }),
  ),
];

const root: Command = {
  long: `Istio configuration command line utility for service operators to
debug and diagnose their Istio mesh.`,
  persistentFlags: GLOBAL_FLAGS,
  commands,
};

const ROOT: Placed = {
  entry: { use: 'istioctl', short: 'Istio control interface.' },
  command: root,
  path: 'istioctl',
  inherited: [],
};

/** Milliseconds a request may take, where --kubeclient-timeout is no duration. */
const USUAL_TIMEOUT_MS = 15_000;

/** Resolves with the exit code. Whatever is wrong with the words or the cluster is said on `io`; a rejection is a bug. */
export async function istioctl(words: readonly string[], io: Io): Promise<number> {
  let client: ClusterClient | undefined;
  try {
    const asked = await meant(words, ROOT);
    if (asked.kind === 'help') {
      io.out(helpOf(asked.placed));
      return 0;
    }
    const { placed, command, parsed } = asked;
    if (command.deprecated !== undefined)
      io.err(`Command "${placed.entry.use.split(' ')[0]}" is deprecated, ${command.deprecated}\n`);
    for (const notice of parsed.notices) io.err(`${notice}\n`);
    const { values } = parsed;
    const access = () =>
      clusterAccess({
        env: io.env,
        file: values.string('kubeconfig'),
        context: values.string('context'),
        as: values.string('as'),
        asGroups: values.strings('as-group'),
        asUid: values.string('as-uid'),
      });
    const invocation: Invocation = {
      path: placed.path,
      args: parsed.args,
      flags: values,
      io,
      cluster: () =>
        (client ??= new ClusterClient(access(), timeoutMs(values.string('kubeclient-timeout')))),
      namespace: () => values.string('namespace') || access().namespace,
      istioNamespace: values.string('istioNamespace') || 'istio-system',
    };
    return (await command.run?.(invocation)) ?? 0;
  } catch (error) {
    if (error instanceof SilentExit) return error.exitCode;
    const said = complaintOf(error);
    if (!said) throw error;
    io.err(`Error: ${said.message}\n`);
    if (/^unknown command ".*" for "istioctl"/.test(said.message))
      io.err(`Run 'istioctl --help' for usage.\n`);
    return said.exitCode;
  } finally {
    client?.close();
  }
}

function complaintOf(error: unknown): { message: string; exitCode: number } | undefined {
  if (error instanceof CommandError) return error;
  // The API server refused, and the command had nothing to add.
  if (error instanceof Error && error.name === 'ApiError')
    return { message: error.message, exitCode: 1 };
  return undefined;
}

function timeoutMs(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  if (amount === undefined) return USUAL_TIMEOUT_MS;
  return Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000);
}
