// istioctl validate: what istiod's validation would say of files, without a cluster.
// Source: istio/istio istioctl/pkg/validate (what is printed, and where: its results go to stderr).

import { validate } from '../../cluster/mesh/validation/validation.ts';
import { portProtocol } from '../../cluster/mesh/routing/services.ts';
import { protocols } from '../../cluster/mesh/validation/names.ts';
import type { KubeObject } from '../../cluster/object.ts';
import { at, fieldsOf, listOf, stringMapOf, stringOf } from '../../cluster/schema/fields.ts';
import { type Command, CommandError, type Invocation, noArgs } from '../command.ts';
import {
  documentsOf,
  filesBelow,
  isManifest,
  kindOfPath,
  objectsIn,
  textOf,
} from '../manifests.ts';
import { listed } from '../several.ts';
import { isIstioKind, labelOf, structureFault } from '../structure.ts';

export const command: Command = {
  long: 'Says of files what istiod would say of them, without a cluster',
  example: `  # Validate a file
  istioctl validate -f labs/canary.yaml

  # Validate the Services of a namespace
  kubectl get services -o yaml | istioctl validate -f -

  # Also see the related command 'istioctl analyze'
  istioctl analyze labs/canary.yaml`,
  flags: [
    {
      name: 'filename',
      short: 'f',
      type: 'stringSlice',
      usage: 'Files or directories to look at; - is stdin',
    },
    {
      name: 'referential',
      short: 'x',
      type: 'bool',
      default: true,
      usage: 'Always on',
      hidden: true,
    },
  ],
  checkArgs: noArgs('istioctl validate'),
  run,
};

const REQUIREMENTS = 'https://istio.io/v1.30/docs/ops/deployment/application-requirements/';
const PROTOCOL_SELECTION =
  'https://istio.io/v1.30/docs/ops/configuration/traffic-management/protocol-selection/';

interface Findings {
  errors: string[];
  warnings: string[];
  /** Said whatever the rest is. */
  notes: string[];
}

async function run(invocation: Invocation): Promise<void> {
  const { flags, io, istioNamespace } = invocation;
  const names = flags.strings('filename');
  if (names.length === 0)
    throw new CommandError(
      "error: you must specify resources by --filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'",
    );
  const errors: string[] = [];
  const warnings = new Map<string, string[]>();
  for (const name of names) {
    const kind = name === '-' ? 'file' : kindOfPath(name);
    if (kind === undefined) {
      errors.push(
        `cannot stat file ${JSON.stringify(name)}: stat ${name}: no such file or directory`,
      );
      continue;
    }
    const paths = kind === 'file' ? [name] : filesBelow(name).filter(isManifest);
    for (const path of paths) {
      const text = path === '-' ? await io.readInput() : textOf(path);
      const found = findingsOf(path, text, istioNamespace, namespaceFor(invocation));
      for (const note of found.notes) io.err(note);
      errors.push(...found.errors);
      warnings.set(path, found.warnings);
    }
  }
  for (const [path, found] of warnings) {
    const lines = `\n\t${found.map((warning) => `* ${warning}`).join('\n\t')}\n`;
    if (found.length > 0)
      io.err(path === '-' ? lines : `${JSON.stringify(path)} has warnings: ${lines}\n`);
    else if (errors.length === 0)
      io.err(path === '-' ? 'validation succeed\n' : `${JSON.stringify(path)} is valid\n`);
  }
  if (errors.length > 0) throw new CommandError(listed(errors));
}

/** Without a kubeconfig there is still a default. */
function namespaceFor({ flags }: Invocation): string {
  return flags.string('namespace') || 'default';
}

function findingsOf(
  path: string,
  text: string,
  istioNamespace: string,
  namespace: string,
): Findings {
  const found: Findings = { errors: [], warnings: [], notes: [] };
  for (const document of documentsOf(text)) {
    const objects = objectsIn(document);
    if ('error' in objects) {
      found.errors.push(`failed to decode file ${path}: ${objects.error}`);
      return found;
    }
    for (const object of objects) look(object, { istioNamespace, namespace, found });
  }
  return found;
}

function look(
  object: KubeObject,
  {
    istioNamespace,
    namespace,
    found,
  }: { istioNamespace: string; namespace: string; found: Findings },
): void {
  const label = labelOf(object);
  if (isIstioKind(object.apiVersion, object.kind)) {
    const fault = structureFault(object);
    if (fault !== undefined) {
      found.errors.push(`${label} cannot parse proto message: ${fault}`);
      return;
    }
    const extra = Object.keys(object).filter((key) => !TOP_LEVEL.includes(key));
    if (extra.length > 0) {
      found.errors.push(...extra.map((key) => `${label} unknown field ${JSON.stringify(key)}`));
      return;
    }
    const placed = {
      ...object,
      metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace },
    };
    const { errors, warnings } = validate(placed);
    found.errors.push(...errors.map((error) => `${label} ${error}`));
    found.warnings.push(...warnings.map((warning) => `${label} ${warning}`));
    return;
  }
  if (object.metadata.namespace === istioNamespace) return;
  if (object.kind === 'Service')
    found.errors.push(...portFaults(object).map((fault) => `${label} ${fault}`));
  if (object.kind === 'Deployment') found.notes.push(...labelNotes(object));
}

const TOP_LEVEL = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function portFaults(service: KubeObject): string[] {
  const { name, namespace = '' } = service.metadata;
  const told = JSON.stringify(`${name}/${namespace}/:`);
  return listOf(fieldsOf(service['spec'])['ports']).flatMap((port) => {
    if (stringOf(port['protocol']).toUpperCase() === 'UDP') return [];
    const app = port['appProtocol'];
    if (typeof app === 'string')
      return protocols.isKnown(app) || portProtocol(0, '', app) !== 'auto'
        ? []
        : [
            `service ${told} doesn't follow Istio protocol selection. This is not recommended, See ${PROTOCOL_SELECTION}`,
          ];
    if (typeof port['name'] !== 'string')
      return [`service ${told} has an unnamed port. This is not recommended, See ${REQUIREMENTS}`];
    const [first = ''] = port['name'].split('-');
    return protocols.isKnown(first)
      ? []
      : [
          `service ${told} port ${JSON.stringify(port['name'])} does not follow the Istio naming convention. See ${REQUIREMENTS}`,
        ];
  });
}

/** By these labels telemetry knows a workload. */
const NAME_LABELS = ['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'];
const VERSION_LABELS = [
  'service.istio.io/canonical-revision',
  'app.kubernetes.io/version',
  'version',
];

function labelNotes(deployment: KubeObject): string[] {
  const labels = stringMapOf(at(deployment['spec'], 'template', 'metadata', 'labels'));
  const has = (names: readonly string[]) => names.some((name) => name in labels);
  if (has(NAME_LABELS) && has(VERSION_LABELS)) return [];
  const { name, namespace = '' } = deployment.metadata;
  const told = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return [
    `deployment ${JSON.stringify(`${name}/${namespace}/:`)} may not provide Istio metrics and telemetry labels: map[${told.join(' ')}]. See ${REQUIREMENTS}\n`,
  ];
}
