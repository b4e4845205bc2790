// istioctl experimental check-inject: which injection webhooks select a pod, and by which labels. Only labels are looked at: what
// the injector itself decides (host networks, annotations) is its own business.
// Source: istio/istio istioctl/pkg/checkinject (reasons, table).

import {
  type Fields,
  fieldsOf,
  listOf,
  stringMapOf,
  stringOf,
} from '../../cluster/schema/fields.ts';
import {
  type Labels,
  labelSelectorOf,
  matchesLabels,
} from '../../cluster/schema/label-selector.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import { collection, kinds } from '../paths.ts';
import { podMeant } from '../pods.ts';

export const command: Command = {
  long: 'Checks associated resources of the given resource, and running webhooks to examine whether the pod can be or will be injected or not.',
  example: `  # Why a pod has its sidecar, or none
  istioctl x check-inject deploy/frontend

  # Whether a pod with these labels would be injected
  istioctl x check-inject -n test -l app=helloworld,version=v1`,
  flags: [
    {
      name: 'labels',
      short: 'l',
      type: 'string',
      usage: 'Check namespace and label pairs injection status, split multiple labels by commas',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { args, flags, io } = invocation;
  const given = flags.string('labels');
  if (args.length > 1 || (args.length === 0 && given === ''))
    throw new CommandError(
      'check-inject requires only [<resource-type>/]<resource-name>[.<namespace>], or specify labels flag',
    );
  const cluster = invocation.cluster();
  const [text] = args;
  const meant =
    text === undefined
      ? { namespace: invocation.namespace(), labels: labelsIn(given) }
      : await labelsOf(invocation, text);
  const namespace = await cluster.get(`${collection(kinds.namespace)}/${meant.namespace}`);
  const configurations = await cluster.list(collection(kinds.mutatingWebhook));
  const rows = configurations
    .map(({ metadata, ...rest }) => ({
      name: metadata.name,
      revision: metadata.labels?.['istio.io/rev'] ?? '',
      webhooks: listOf(fieldsOf(rest)['webhooks']),
    }))
    .filter(({ webhooks }) => webhooks.some(({ name }) => stringOf(name).endsWith('istio.io')))
    .map(({ name, revision, webhooks }) => ({
      name,
      revision,
      ...judged(webhooks, meant.labels, namespace.metadata.labels ?? {}),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (rows.length === 0) {
    io.out('ERROR: no Istio injection hooks present.\n');
    return;
  }
  io.out(table(rows));
  if (rows.filter(({ injected }) => injected).length > 1)
    io.out('ERROR: multiple webhooks will inject, which can lead to errors');
}

async function labelsOf(
  invocation: Invocation,
  text: string,
): Promise<{ namespace: string; labels: Labels }> {
  const { name, namespace } = await podMeant(invocation, text);
  const pod = await invocation.cluster().get(`${collection(kinds.pod, namespace)}/${name}`);
  return { namespace, labels: pod.metadata.labels ?? {} };
}

/** `app=web,version=v1` */
function labelsIn(text: string): Labels {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value] = pair.split('=');
      if (value === undefined)
        throw new CommandError(`couldn't parse the selector string ${JSON.stringify(text)}`);
      return [key.trim(), value.trim()];
    }),
  );
}

interface Verdict {
  injected: boolean;
  reason: string;
}

function judged(webhooks: readonly Fields[], pod: Labels, namespace: Labels): Verdict {
  for (const webhook of webhooks) {
    const byNamespace = matched(webhook['namespaceSelector'], namespace);
    const byPod = matched(webhook['objectSelector'], pod);
    if (byNamespace !== undefined && byPod !== undefined) {
      const reasons = [
        ...(byNamespace === '' ? [] : [`Namespace label ${byNamespace} matches`]),
        ...(byPod === ''
          ? []
          : [`${byNamespace === '' ? 'Pod' : 'and pod'} label ${byPod} matches`]),
      ];
      if (reasons.length > 0) return { injected: true, reason: reasons.join(', ') };
    } else if (byNamespace !== undefined) {
      const hindrance = hinders(webhook['objectSelector'], pod);
      if (hindrance !== undefined)
        return { injected: false, reason: `Pod has ${hindrance} label, preventing injection` };
    } else if (byPod !== undefined) {
      const asked = namespace['istio-injection'];
      if (asked !== undefined && asked !== 'enabled')
        return {
          injected: false,
          reason: `Namespace has istio-injection=${asked} label, preventing injection`,
        };
    }
  }
  return { injected: false, reason: nothingMatches(webhooks) };
}

const expressions = (selector: unknown) => listOf(fieldsOf(selector)['matchExpressions']);
const valuesOf = ({ values }: Fields) => (Array.isArray(values) ? values.map(String) : []);

/** The label that an expression asks for, empty when none does; undefined when the selector does not match. */
function matched(selector: unknown, labels: Labels): string | undefined {
  const parsed = labelSelectorOf(selector);
  if (!parsed || !matchesLabels(parsed, labels)) return undefined;
  for (const { key, operator } of expressions(selector)) {
    const value = labels[stringOf(key)];
    if ((operator === 'In' || operator === 'NotIn') && value !== undefined)
      return `${stringOf(key)}=${value}`;
  }
  return '';
}

/** The pod's label that a selector rules out. */
function hinders(selector: unknown, labels: Labels): string | undefined {
  for (const expression of expressions(selector)) {
    const key = stringOf(expression['key']);
    const value = labels[key];
    if (value === undefined) continue;
    const { operator } = expression;
    if (operator === 'DoesNotExist') return `${key}=${value}`;
    if (operator === 'NotIn' && valuesOf(expression).includes(value)) return `${key}=${value}`;
  }
  return undefined;
}

function nothingMatches(webhooks: readonly Fields[]): string {
  const never = (selector: unknown) =>
    stringMapOf(fieldsOf(selector)['matchLabels'])['istio.io/deactivated'] === 'never-match';
  if (webhooks.some((each) => never(each['namespaceSelector']) && never(each['objectSelector'])))
    return 'The injection webhook is deactivated, and will never match labels.';
  const asked = (field: string) =>
    webhooks
      .flatMap((webhook) => expressions(webhook[field]))
      .filter(({ operator }) => operator === 'In')
      .flatMap((expression) =>
        valuesOf(expression).map((value) => `${stringOf(expression['key'])}=${value}`),
      )
      .join(', ');
  return `No matching namespace labels (${asked('namespaceSelector')}) or pod labels (${asked('objectSelector')})`;
}

const GREEN = '\x1b[32m';
const RED = '\x1b[31m';
const PLAIN = '\x1b[0m';
/** Bytes of a coloured sign: istioctl makes the column as wide as these. */
const SIGN_BYTES = 12;

/** The signs are coloured wherever they go, as istioctl's are. */
function table(rows: readonly (Verdict & { name: string; revision: string })[]): string {
  const width = (title: string, cells: readonly string[]) =>
    Math.max(title.length, ...cells.map((cell) => cell.length)) + 2;
  const names = width(
    'WEBHOOK',
    rows.map(({ name }) => name),
  );
  const revisions = width(
    'REVISION',
    rows.map(({ revision }) => revision),
  );
  const header = `${'WEBHOOK'.padEnd(names)}${'REVISION'.padEnd(revisions)}${'INJECTED'.padEnd(SIGN_BYTES + 2)}REASON\n`;
  const lines = rows.map(({ name, revision, injected, reason }) => {
    const sign = injected ? `${GREEN}✔${PLAIN}` : `${RED}✘${PLAIN}`;
    return `${name.padEnd(names)}${revision.padEnd(revisions)}${sign}${' '.repeat(SIGN_BYTES + 1)}${reason}\n`;
  });
  return header + lines.join('');
}
