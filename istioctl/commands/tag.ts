// istioctl tag: names for revisions, so that namespaces follow a name while the revision behind it changes.
// Source: istio/istio istioctl/pkg/tag (checks, answers, what is printed).

import type { KubeObject } from '../../cluster/object.ts';
import { REVISION_LABEL, TAG_LABEL } from '../../cluster/mesh/installation/labels.ts';
import type { Manifest } from '../../cluster/mesh/installation/manifest.ts';
import {
  defaultValidator,
  tagConfiguration,
  tagService,
} from '../../cluster/mesh/installation/webhooks.ts';
import { formatYaml } from '../../cluster/schema/yaml.ts';
import type { ClusterClient } from '../api-client.ts';
import { type Command, CommandError, type CommandEntry, type Invocation } from '../command.ts';
import { confirmed } from '../confirm.ts';
import type { Flag } from '../flags.ts';
import { collection, kinds, objectPath, selecting } from '../paths.ts';
import { table } from '../table.ts';
import { deactivateInjectors, manifestsFlag, skipFlag } from './install.ts';

const MANAGER = 'istioctl';
const DEFAULT = 'default';

const setFlags: readonly Flag[] = [
  {
    name: 'overwrite',
    type: 'bool',
    usage: `If true, allow revision tags to be overwritten, otherwise reject revision tag updates that
overwrite existing revision tags.`,
  },
  manifestsFlag,
  skipFlag,
  {
    name: 'revision',
    short: 'r',
    type: 'string',
    usage: 'Control plane revision to reference from a given revision tag',
  },
];

const entry = (use: string, short: string, command: Command, aliases?: string[]): CommandEntry => ({
  use,
  short,
  ...(aliases && { aliases }),
  load: async () => ({ command }),
});

export const command: Command = {
  long: `Command group used to interact with revision tags. A revision tag is a name for a control plane revision: namespaces
labelled istio.io/rev=<tag> are injected by whichever revision the tag points at, and follow it when it is pointed elsewhere.`,
  checkArgs: (args) =>
    args.length === 0 ? undefined : `unknown subcommand ${JSON.stringify(args[0])}`,
  commands: [
    entry(
      'list',
      'List existing revision tags',
      {
        flags: [
          {
            name: 'output',
            short: 'o',
            type: 'string',
            default: 'table',
            usage: 'Output format for tag description (available formats: table,json,yaml)',
          },
        ],
        checkArgs: (args) =>
          args.length === 0 ? undefined : 'tag list command does not accept arguments',
        run: list,
      },
      ['show'],
    ),
    entry('set <revision-tag>', 'Create or modify revision tags', {
      flags: setFlags,
      checkArgs: oneTag('modification', 'creation'),
      run: (invocation) => set(invocation, false),
    }),
    entry('generate <revision-tag>', 'Generate configuration for a revision tag to stdout', {
      flags: setFlags,
      checkArgs: oneTag('modification', 'creation'),
      run: (invocation) => set(invocation, true),
    }),
    entry(
      'remove <revision-tag>',
      'Remove Istio control plane revision tag',
      {
        flags: [skipFlag],
        checkArgs: oneTag('removal', 'removal'),
        run: remove,
      },
      ['delete'],
    ),
  ],
};

function oneTag(none: string, many: string) {
  return ({ length }: readonly string[]) => {
    if (length === 0) return `must provide a tag for ${none}`;
    return length === 1 ? undefined : `must provide a single tag for ${many}`;
  };
}

const injectors = (cluster: ClusterClient, labels: string) =>
  cluster.list(`${collection(kinds.mutatingWebhook)}${selecting(labels)}`);
const services = (cluster: ClusterClient, namespace: string, labels: string) =>
  cluster.list(`${collection(kinds.service, namespace)}${selecting(labels)}`);

async function namespacesWith(cluster: ClusterClient, tag: string): Promise<string[]> {
  const found = await cluster.list(
    `${collection(kinds.namespace)}${selecting(`${REVISION_LABEL}=${tag}`)}`,
  );
  return found.map(({ metadata }) => metadata.name);
}

async function list({ flags, io, istioNamespace, ...invocation }: Invocation): Promise<void> {
  const cluster = invocation.cluster();
  const all = [
    ...(await injectors(cluster, REVISION_LABEL)),
    ...(await services(cluster, istioNamespace, REVISION_LABEL)),
  ];
  const pairs = new Map(
    all.map(({ metadata: { labels = {} } }) => {
      const pair = { tag: labels[TAG_LABEL] ?? '', revision: labels[REVISION_LABEL] ?? '' };
      return [`${pair.revision}\n${pair.tag}`, pair];
    }),
  );
  if (pairs.size === 0) {
    io.out('No Istio revision tags found.\n');
    return;
  }
  const tagged = new Set(
    [...pairs.values()].filter(({ tag }) => tag !== '').map(({ revision }) => revision),
  );
  const tags = await Promise.all(
    [...pairs.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, pair]) => pair)
      // A revision without a tag stands only where it has none at all.
      .filter(({ tag, revision }) => tag !== '' || !tagged.has(revision))
      .map(async ({ tag, revision }) => ({
        tag,
        revision,
        namespaces: await namespacesWith(cluster, tag),
      })),
  );
  switch (flags.string('output')) {
    case 'json':
      io.out(`${JSON.stringify(tags, undefined, 2)}\n`);
      return;
    case 'yaml':
      io.out(formatYaml(tags));
      return;
    case 'table':
      io.out(table(rowsOf(tags), 1));
      return;
    default:
      throw new CommandError(`unknown format: ${flags.string('output')}`);
  }
}

function rowsOf(tags: readonly { tag: string; revision: string; namespaces: string[] }[]) {
  return [
    ['TAG', 'REVISION', 'NAMESPACES'],
    ...tags.map(({ tag, revision, namespaces }) => [tag, revision, namespaces.join(',')]),
  ];
}

async function set(invocation: Invocation, onlyPrint: boolean): Promise<void> {
  const { args, flags, io, istioNamespace } = invocation;
  const [tag = ''] = args;
  const revision = flags.string('revision');
  if (!flags.isGiven('revision')) throw new CommandError('required flag(s) "revision" not set', 1);
  const cluster = invocation.cluster();
  const overwrite = flags.bool('overwrite');
  const without = `!${TAG_LABEL}`;
  if (!onlyPrint && !overwrite && tag !== DEFAULT) {
    const same = await injectors(cluster, `${REVISION_LABEL}=${tag},${without}`);
    if (same.length > 0)
      throw new CommandError(
        `cannot create revision tag ${JSON.stringify(tag)}: found existing control plane revision with same name`,
      );
  }
  const [canonical] = await injectors(cluster, `${REVISION_LABEL}=${revision},${without}`);
  if (!canonical)
    throw new CommandError(
      `cannot modify tag: cannot find MutatingWebhookConfiguration or Service with revision ${JSON.stringify(revision)}`,
    );
  if (!overwrite && (await injectors(cluster, `${TAG_LABEL}=${tag}`)).length > 0)
    throw new CommandError(
      `revision tag ${JSON.stringify(tag)} already exists, and --overwrite is false`,
    );
  const place = { namespace: istioNamespace, revision: revision === DEFAULT ? '' : revision };
  const objects = [
    tagConfiguration(tag, place),
    ...(tag === DEFAULT ? [defaultValidator(istioNamespace, place.revision)] : []),
    tagService(tag, place),
  ].map(ofUser);
  if (onlyPrint) {
    io.out(objects.map((object) => formatYaml(object)).join('\n---\n'));
    return;
  }
  if (tag === DEFAULT) await deactivateInjectors(cluster);
  for (const object of objects) await cluster.apply(objectPath(object), object, MANAGER);
  io.out(
    `Revision tag ${JSON.stringify(tag)} created, referencing control plane revision ${JSON.stringify(revision)}. To enable injection using this\nrevision tag, use 'kubectl label namespace <NAMESPACE> ${REVISION_LABEL}=${tag}'\n`,
  );
}

/** A tag that a person made is no part of an installation: none takes it away. */
function ofUser(object: Manifest): Manifest {
  const labels = Object.entries(object.metadata.labels ?? {}).filter(
    ([name]) => !name.includes('operator.istio.io'),
  );
  return { ...object, metadata: { ...object.metadata, labels: Object.fromEntries(labels) } };
}

async function remove(invocation: Invocation): Promise<void> {
  const { args, flags, io, istioNamespace } = invocation;
  const [tag = ''] = args;
  const cluster = invocation.cluster();
  const labels = `${TAG_LABEL}=${tag}`;
  const found: KubeObject[] = [
    ...(await injectors(cluster, labels)).map((object) => as(object, kinds.mutatingWebhook)),
    ...(await services(cluster, istioNamespace, labels)).map((object) => as(object, kinds.service)),
  ];
  if (found.length === 0)
    throw new CommandError(
      `cannot remove tag ${JSON.stringify(tag)}: cannot find MutatingWebhookConfiguration or Service for tag`,
    );
  const namespaces = await namespacesWith(cluster, tag);
  if (namespaces.length > 0 && !flags.bool('skip-confirmation')) {
    const question = `Caution, found ${namespaces.length} namespace(s) still injected by tag ${JSON.stringify(tag)}: ${namespaces.join(' ')}\nProceed with operation? [y/N]`;
    if (!(await confirmed(io, question))) {
      io.out('Aborting operation.\n');
      return;
    }
  }
  for (const object of found) await cluster.delete(objectPath(object));
  io.out(`Revision tag ${tag} removed\n`);
}

function as(object: KubeObject, { apiVersion, kind }: { apiVersion: string; kind: string }) {
  return { ...object, apiVersion, kind };
}
