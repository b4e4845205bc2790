// istioctl kube-inject: puts the sidecar into the pods of a file's workloads, as istiod would with its installation's settings.
// Source: istio/istio istioctl/pkg/kubeinject, pkg/kube/inject (which kinds hold a pod, how they are printed).

import { readFileSync, writeFileSync } from 'node:fs';
import { injectSidecar } from '../../cluster/mesh/injection/inject.ts';
import type { InjectionSettings } from '../../cluster/mesh/injection/settings.ts';
import { settingsFromValues } from '../../cluster/mesh/injection/values.ts';
import type { KubeObject } from '../../cluster/object.ts';
import {
  at,
  type Fields,
  fieldsOf,
  listOf,
  setDefault,
  isFields,
  stringMapOf,
  stringOf,
} from '../../cluster/schema/fields.ts';
import { formatYaml, parseYaml } from '../../cluster/schema/yaml.ts';
import { type Command, CommandError, type Invocation } from '../command.ts';
import { documentsOf, kindOfPath } from '../manifests.ts';

const VALUES_MAP = 'istio-sidecar-injector';

export const command: Command = {
  long: 'Puts the sidecar into the pods of the workloads in a file. Other objects come out as they went in',
  example: `  # Inject on the way to the cluster
  kubectl apply -f <(istioctl kube-inject -f app.yaml)

  # Keep the Deployment with its sidecar in a file
  istioctl kube-inject -f deployment.yaml -o deployment-injected.yaml

  # Give a sidecar to what is there
  kubectl get deployment -o yaml | istioctl kube-inject -f - | kubectl apply -f -`,
  flags: [
    { name: 'filename', short: 'f', type: 'string', usage: 'The file to read; - is stdin' },
    {
      name: 'output',
      short: 'o',
      type: 'string',
      usage: 'The file to write. Default: stdout',
    },
    {
      name: 'valuesFile',
      type: 'string',
      usage: 'A file with the values of an installation, in place of those of the cluster',
    },
    {
      name: 'meshConfigMapName',
      type: 'string',
      default: 'istio',
      usage: 'The ConfigMap with the settings of the mesh',
    },
    {
      name: 'injectConfigMapName',
      type: 'string',
      default: VALUES_MAP,
      usage: 'The ConfigMap with the settings of the injection',
      hidden: true,
    },
    {
      name: 'webhookConfig',
      type: 'string',
      default: VALUES_MAP,
      usage: 'Taken and not read',
    },
    { name: 'revision', short: 'r', type: 'string', usage: 'The revision whose settings hold' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { flags, io } = invocation;
  const input = flags.string('filename');
  if (input === '')
    throw new CommandError(
      '1 error occurred:\n\t* filename not specified (see --filename or -f)\n\n',
    );
  const text = input === '-' ? await io.readInput() : fileText(input);
  const settings = await settingsMeant(invocation);
  const documents = documentsOf(text).map((document) => {
    const parsed = parseYaml(document.text);
    if ('error' in parsed) throw new CommandError(`error converting YAML to JSON: ${parsed.error}`);
    return `${written(parsed.value, document.text, settings, invocation)}---\n`;
  });
  const output = flags.string('output');
  if (output === '') io.out(documents.join(''));
  else writeFileSync(output, documents.join(''));
}

function fileText(path: string): string {
  if (kindOfPath(path) !== 'file')
    throw new CommandError(`open ${path}: no such file or directory`);
  return readFileSync(path, 'utf8');
}

/** Those of the revision's istiod, or of a file. */
async function settingsMeant(invocation: Invocation): Promise<InjectionSettings> {
  const { flags, istioNamespace } = invocation;
  const file = flags.string('valuesFile');
  if (file !== '') return settingsFromText(fileText(file), file);
  const revision = flags.string('revision');
  const name =
    revision === '' || revision === 'default'
      ? flags.string('injectConfigMapName')
      : `${VALUES_MAP}-${revision}`;
  const map = await invocation
    .cluster()
    .find(`/api/v1/namespaces/${istioNamespace}/configmaps/${name}`);
  const values = map && stringMapOf(map['data'])['values'];
  if (values === undefined)
    throw new CommandError(
      `could not find valid configmap ${JSON.stringify(name)} from namespace  ${JSON.stringify(istioNamespace)}: configmaps ${JSON.stringify(name)} not found - Use --valuesFile or re-run kube-inject with \`-i <istioSystemNamespace> and ensure istio-sidecar-injector configmap exists`,
    );
  return settingsFromText(values, name);
}

function settingsFromText(text: string, from: string): InjectionSettings {
  const parsed = parseYaml(text);
  if ('error' in parsed)
    throw new CommandError(`could not parse the values of ${from}: ${parsed.error}`);
  return settingsFromValues(parsed.value);
}

/** Where each kind keeps the template of its pods. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  Job: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
};

/** What holds no pod comes out as it was written. */
function written(
  value: unknown,
  text: string,
  settings: InjectionSettings,
  invocation: Invocation,
): string {
  const kind = isFields(value) ? stringOf(value['kind']) : '';
  if (!isFields(value) || !(kind === 'List' || kind === 'Pod' || kind in TEMPLATES))
    return `${text.trimEnd()}\n`;
  return formatYaml(withSidecar(value, settings, invocation));
}

function withSidecar(object: Fields, settings: InjectionSettings, invocation: Invocation): Fields {
  const kind = stringOf(object['kind']);
  if (kind === 'List' && Array.isArray(object['items']))
    return {
      ...object,
      items: object['items'].map((item: unknown) =>
        isFields(item) ? withSidecar(item, settings, invocation) : item,
      ),
    };
  const metadata = fieldsOf(object['metadata']);
  const namespace = stringOf(metadata['namespace']) || 'default';
  if (kind === 'Pod')
    return filledIn(kind, asPod(object, { object, namespace, settings, invocation }));
  const path = TEMPLATES[kind];
  if (!path) return object;
  const template = fieldsOf(at(object, ...path));
  const injected = asPod(template, { object, namespace, settings, invocation });
  return filledIn(kind, replaced(object, path, injected));
}

interface Injecting {
  /** What holds the pod. */
  object: Fields;
  namespace: string;
  settings: InjectionSettings;
  invocation: Invocation;
}

/** A template with a sidecar; as it was when it says that it wants none. istiod knows no more of it than it says itself. */
function asPod(template: Fields, { object, namespace, settings, invocation }: Injecting): Fields {
  const metadata = fieldsOf(template['metadata']);
  const labels = stringMapOf(metadata['labels']);
  const annotations = stringMapOf(metadata['annotations']);
  const wish = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  const refused =
    fieldsOf(template['spec'])['hostNetwork'] === true
      ? 'host networking enabled'
      : wish === 'false'
        ? 'sidecar injection disabled'
        : undefined;
  if (refused !== undefined) {
    const own = fieldsOf(object['metadata']);
    const place = own['namespace'] === undefined ? '' : `${stringOf(own['namespace'])}/`;
    const name = JSON.stringify(`${place}${stringOf(own['name'])}`);
    invocation.io.err(
      `\n===> Skipping injection because ${stringOf(object['kind'])} ${name} has ${refused}\n\n`,
    );
    return template;
  }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: stringOf(metadata['name']) },
    spec: template['spec'],
  } as unknown as KubeObject;
  const { metadata: given, spec } = injectSidecar(pod, { namespace, settings });
  const { name, ...kept } = given;
  const { containers, initContainers } = fieldsOf(spec);
  // What a typed client writes even when nobody has set it.
  for (const container of [...listOf(containers), ...listOf(initContainers)])
    setDefault(container, 'resources', {});
  return { ...template, metadata: name === '' ? kept : { name, ...kept }, spec };
}

function replaced(object: Fields, [first = '', ...rest]: readonly string[], value: Fields): Fields {
  return {
    ...object,
    [first]: rest.length === 0 ? value : replaced(fieldsOf(object[first]), rest, value),
  };
}

/** What a typed client writes of a kind even when nobody has set it. */
const UNSET: Readonly<Record<string, { spec?: Fields; status: Fields }>> = {
  DaemonSet: {
    spec: { updateStrategy: {} },
    status: {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    },
  },
  Deployment: { spec: { strategy: {} }, status: {} },
  ReplicaSet: { status: { replicas: 0 } },
  ReplicationController: { status: { replicas: 0 } },
  StatefulSet: { spec: { updateStrategy: {} }, status: { availableReplicas: 0, replicas: 0 } },
};

function filledIn(kind: string, object: Fields): Fields {
  const { spec = {}, status = {} } = UNSET[kind] ?? {};
  return {
    ...object,
    spec: { ...spec, ...fieldsOf(object['spec']) },
    status: { ...status, ...fieldsOf(object['status']) },
  };
}
