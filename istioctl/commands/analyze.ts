// istioctl analyze: what would not work in a cluster, in files, or in a cluster once the files were applied to it.
// Source: istio/istio istioctl/pkg/analyze, istioctl/pkg/util/formatting (flags, what is printed where, exit codes).

import { ANALYZERS, analyze } from '../../cluster/mesh/analysis/analysis.ts';
import {
  isAtLeast,
  isCode,
  jsonOf,
  type Level,
  lineOf,
  type Message,
  originText,
} from '../../cluster/mesh/analysis/messages.ts';
import type { KubeObject } from '../../cluster/object.ts';
import { formatYaml } from '../../cluster/schema/yaml.ts';
import { type Command, CommandError, exitCodes, type Invocation, SilentExit } from '../command.ts';
import type { ClusterClient } from '../api-client.ts';
import {
  documentsOf,
  EXTENSIONS,
  filesBelow,
  isManifest,
  kindOfPath,
  objectsIn,
  textOf,
} from '../manifests.ts';
import { goJson } from '../json.ts';
import { structureFault } from '../structure.ts';

const LEVELS: readonly Level[] = ['Info', 'Warning', 'Error'];
const FORMATS = ['log', 'json', 'yaml'];
const DOCUMENTATION = 'https://istio.io/v1.30/docs/reference/config/analysis';

export const command: Command = {
  long: 'Looks for what would not work: in the cluster, in files, or in the cluster as it would be with the files applied',
  example: `  # The current namespace of the cluster
  istioctl analyze

  # Analyze the cluster as if a file had been applied to it
  istioctl analyze labs/canary.yaml

  # Analyze files without a cluster
  istioctl analyze --use-kube=false labs/

  # Leave out one message about one object
  istioctl analyze -S "IST0103=Pod default/load-generator"

  # What is looked for
  istioctl analyze -L`,
  flags: [
    { name: 'all-namespaces', short: 'A', type: 'bool', usage: 'Look at all namespaces' },
    {
      name: 'color',
      type: 'bool',
      default: true,
      usage: 'Colours on a terminal, unless TERM is dumb',
    },
    {
      name: 'failure-threshold',
      type: 'string',
      valueName: 'Level',
      default: 'Error',
      usage: 'Findings of this level or worse fail the command: Info, Warning or Error',
    },
    {
      name: 'ignore-unknown',
      type: 'bool',
      usage: 'Files that cannot be read do not fail the command',
    },
    {
      name: 'list-analyzers',
      short: 'L',
      type: 'bool',
      usage: 'List what is looked for, and do nothing else',
    },
    {
      name: 'meshConfigFile',
      type: 'string',
      usage: 'Settings of the mesh to assume',
    },
    {
      name: 'output',
      short: 'o',
      type: 'string',
      default: 'log',
      usage: 'How to print: log, json or yaml',
    },
    {
      name: 'output-threshold',
      type: 'string',
      valueName: 'Level',
      default: 'Info',
      usage: 'Findings below this level are not shown: Info, Warning or Error',
    },
    {
      name: 'recursive',
      short: 'R',
      type: 'bool',
      usage: 'Directories are always read to the bottom',
      hidden: true,
    },
    {
      name: 'revision',
      type: 'string',
      default: 'default',
      usage: 'The revision whose istiod to assume',
    },
    {
      name: 'suppress',
      short: 'S',
      type: 'stringArray',
      usage: `Leave out a code for an object: --suppress "IST0103=Pod default/load-generator". * stands for anything. Can be repeated`,
    },
    {
      name: 'timeout',
      type: 'duration',
      default: '30s',
      usage: 'How long it may take',
    },
    {
      name: 'use-kube',
      short: 'k',
      type: 'bool',
      default: true,
      usage: 'Look at the cluster too. --use-kube=false: files alone',
    },
    { name: 'verbose', short: 'v', type: 'bool', usage: 'Tell what was looked at' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { flags, io, args } = invocation;
  const format = flags.string('output').toLowerCase();
  if (!FORMATS.includes(format))
    throw new CommandError(
      `${format} not a valid option for format. See istioctl analyze --help`,
      exitCodes.usage,
    );
  const [fails, shows] = [
    levelFlag(invocation, 'failure-threshold'),
    levelFlag(invocation, 'output-threshold'),
  ];
  if (flags.bool('list-analyzers')) {
    io.out(ANALYZERS.map(({ name, about }) => `* ${name}:\n    ${about}\n`).join(''));
    return;
  }
  const useKube = flags.bool('use-kube');
  const namespace = flags.bool('all-namespaces')
    ? undefined
    : useKube
      ? invocation.namespace()
      : flags.string('namespace') || 'default';
  const target = namespace === undefined ? 'all namespaces' : `namespace: ${namespace}`;
  const isHidden = suppressions(invocation);
  const files = await filesMeant(invocation, namespace ?? 'default');
  const live = useKube ? await clusterObjects(invocation, namespace) : [];
  if (live === undefined) return;
  const { objects, places } = merged(live, files);
  const found = analyze({
    objects,
    ...(namespace === undefined ? {} : { namespace }),
    filesOnly: !useKube,
  }).filter((message) => !isHidden(message));
  if (flags.bool('verbose'))
    io.err(
      `Analyzed resources in ${target}\nExecuted analyzers:\n${ANALYZERS.map(({ name }) => `\t ${name}\n`).join('')}\n`,
    );
  const shown = found.filter(({ level }) => isAtLeast(level, shows));
  const colored = flags.bool('color') && io.interactive && io.env['TERM'] !== 'dumb';
  io.out(`${printed(shown, { format, colored, places })}\n`);
  if (shown.length === 0) io.err(nothingFound(files, args.length > 0, target));
  if (format !== 'log') return;
  if (found.some(({ level }) => isAtLeast(level, fails)))
    throw new CommandError(
      `Analyzers found issues when analyzing ${target}.\nSee ${DOCUMENTATION} for more information about causes and resolutions.`,
      exitCodes.analyzersFoundIssues,
    );
  if (files.faults > 0 && !flags.bool('ignore-unknown'))
    throw new CommandError("Some files couldn't be parsed.", exitCodes.data);
}

function levelFlag({ flags }: Invocation, name: string): Level {
  const given = flags.string(name);
  const level = LEVELS.find((each) => each.toUpperCase() === given.toUpperCase());
  if (!level)
    throw new CommandError(
      `invalid argument ${JSON.stringify(given)} for "--${name}" flag: invalid level option`,
      exitCodes.usage,
    );
  return level;
}

/** Codes on objects that nobody wants to hear of. */
function suppressions({ flags, io }: Invocation): (message: Message) => boolean {
  const hidden = flags.strings('suppress').map((text) => {
    const [code = '', object, ...rest] = text.split('=');
    if (object === undefined || rest.length > 0)
      throw new CommandError(
        `${text} is not a valid suppression value. See istioctl analyze --help`,
      );
    if (!isCode(code))
      io.err(
        `Warning: Supplied message code '${code}' is an unknown message code and will not have any effect.\n`,
      );
    const pattern = object.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return { code, matches: new RegExp(`^${pattern.join('.*')}$`) };
  });
  return ({ code, origin }) =>
    hidden.some((each) => each.code === code && each.matches.test(originText(origin)));
}

interface FileObjects {
  names: string[];
  objects: { object: KubeObject; place: string }[];
  /** Files that could not be read. */
  faults: number;
}

async function filesMeant({ args, io }: Invocation, namespace: string): Promise<FileObjects> {
  const names: string[] = [];
  for (const arg of args) {
    const kind = arg === '-' ? 'file' : kindOfPath(arg);
    if (kind === undefined) throw new CommandError(`stat ${arg}: no such file or directory`);
    for (const path of kind === 'directory' ? filesBelow(arg) : [arg])
      if (path === '-' || isManifest(path)) names.push(path);
      else
        io.err(
          `Skipping file ${path}, recognized file extensions are: [${EXTENSIONS.join(' ')}]\n`,
        );
  }
  const read: FileObjects = { names, objects: [], faults: 0 };
  for (const name of names) {
    const text = name === '-' ? await io.readInput() : textOf(name);
    const wrong: string[] = [];
    for (const document of documentsOf(text)) {
      const objects = objectsIn(document);
      if ('error' in objects) {
        wrong.push(objects.error);
        continue;
      }
      for (const object of objects) {
        const fault = structureFault(object);
        if (fault !== undefined) wrong.push(`${object.kind} ${object.metadata.name}: ${fault}`);
        else
          read.objects.push({
            object: placed(object, namespace),
            place: `${name}:${document.line}`,
          });
      }
    }
    if (wrong.length === 0) continue;
    read.faults++;
    io.err(
      `Error(s) adding files: errors parsing content ${JSON.stringify(name)}: ${wrong.join('; ')}\n`,
    );
  }
  return read;
}

/** An object that names no namespace is meant for the one that is analysed. */
function placed(object: KubeObject, namespace: string): KubeObject {
  if (object.kind === 'Namespace' || object.metadata.namespace !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

const COLLECTIONS: readonly { path: string; apiVersion: string; kind: string }[] = [
  { path: '/api/v1/namespaces', apiVersion: 'v1', kind: 'Namespace' },
  { path: '/api/v1/services', apiVersion: 'v1', kind: 'Service' },
  { path: '/api/v1/pods', apiVersion: 'v1', kind: 'Pod' },
  { path: '/apis/apps/v1/deployments', apiVersion: 'apps/v1', kind: 'Deployment' },
  ...istio('networking.istio.io/v1', {
    destinationrules: 'DestinationRule',
    gateways: 'Gateway',
    serviceentries: 'ServiceEntry',
    sidecars: 'Sidecar',
    virtualservices: 'VirtualService',
    workloadentries: 'WorkloadEntry',
  }),
  ...istio('networking.istio.io/v1alpha3', { envoyfilters: 'EnvoyFilter' }),
  ...istio('security.istio.io/v1', {
    authorizationpolicies: 'AuthorizationPolicy',
    peerauthentications: 'PeerAuthentication',
    requestauthentications: 'RequestAuthentication',
  }),
  ...istio('telemetry.istio.io/v1', { telemetries: 'Telemetry' }),
];

function istio(apiVersion: string, kinds: Readonly<Record<string, string>>) {
  return Object.entries(kinds).map(([plural, kind]) => ({
    path: `/apis/${apiVersion}/${plural}`,
    apiVersion,
    kind,
  }));
}

/** Everything the analysis looks at, in all namespaces; undefined when the one that is asked for is not there. */
async function clusterObjects(
  invocation: Invocation,
  namespace: string | undefined,
): Promise<KubeObject[] | undefined> {
  const cluster = invocation.cluster();
  if (namespace !== undefined && !(await cluster.find(`/api/v1/namespaces/${namespace}`))) {
    invocation.io.err(`namespace ${JSON.stringify(namespace)} not found\n`);
    throw new SilentExit(0);
  }
  const lists = await Promise.all(COLLECTIONS.map((each) => listOf(cluster, each)));
  return lists.flat();
}

/** Items of a list do not say what they are. */
async function listOf(
  cluster: ClusterClient,
  { path, apiVersion, kind }: (typeof COLLECTIONS)[number],
): Promise<KubeObject[]> {
  return (await cluster.list(path)).map((item) => ({ ...item, apiVersion, kind }));
}

/** The cluster as it would be with the files applied, and where each object of a file stands. */
function merged(
  live: readonly KubeObject[],
  { objects }: FileObjects,
): { objects: KubeObject[]; places: ReadonlyMap<string, string> } {
  const keyOf = ({ kind, metadata }: KubeObject) =>
    `${kind} ${metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`}`;
  const all = new Map(live.map((object) => [keyOf(object), object]));
  for (const { object } of objects) all.set(keyOf(object), object);
  return {
    objects: [...all.values()],
    places: new Map(objects.map(({ object, place }) => [keyOf(object), place])),
  };
}

const COLORS: Readonly<Record<Level, string>> = {
  Error: '\x1b[1;31m',
  Warning: '\x1b[33m',
  Info: '',
};

function printed(
  messages: readonly Message[],
  {
    format,
    colored,
    places,
  }: { format: string; colored: boolean; places: ReadonlyMap<string, string> },
): string {
  const placeOf = ({ origin }: Message) => places.get(originText(origin));
  switch (format) {
    case 'json':
      return goJson(
        messages.map((each) => jsonOf(each, placeOf(each))),
        '\t',
      );
    case 'yaml':
      return formatYaml(messages.map((each) => jsonOf(each, placeOf(each))));
    default:
      return messages
        .map((each) => {
          const line = lineOf(each, placeOf(each));
          if (!colored) return line;
          return `${COLORS[each.level]}${each.level}\x1b[0m${line.slice(each.level.length)}`;
        })
        .join('\n');
  }
}

function nothingFound({ names, faults }: FileObjects, fromFiles: boolean, target: string): string {
  if (faults > 0)
    return `No validation issues found when analyzing ${target} (but ${faults} ${faults === 1 ? 'file' : 'files'} could not be parsed).\n`;
  return `✔ No validation issues found when analyzing ${fromFiles ? names.join('\n') : target}.\n`;
}
