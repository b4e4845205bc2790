// What a pod's fields are when nobody says: for pods and, a little less, for the templates of controllers.
// Source: the defaults that the PodSpec section of the Kubernetes API reference documents. Hashes of pod templates and
// `kubectl get -o yaml` depend on every one of them.

import {
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  setDefault,
  setDefaultString,
  stringOf,
} from '../fields.ts';

/** 0644: the mode of files in volumes made of API objects. */
const FILE_MODE = 0o644;
/** Seconds that a projected service account token lives. */
const TOKEN_SECONDS = 3600;
const GRACE_SECONDS = 30;

/** The template of a controller. */
export function defaultPodTemplate(template: Fields): void {
  if (isFields(template['spec'])) defaultPodSpec(template['spec']);
}

/** A pod itself: in addition, limits imply requests, and services are put into its environment. */
export function defaultPod(spec: Fields): void {
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  for (const list of ['initContainers', 'containers'])
    for (const container of listOf(spec[list])) {
      requestsFromLimits(container);
      if (spec['hostNetwork'] === true) hostPorts(container);
    }
}

function defaultPodSpec(spec: Fields): void {
  setDefaultString(spec, 'dnsPolicy', 'ClusterFirst');
  setDefaultString(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'terminationGracePeriodSeconds', GRACE_SECONDS);
  setDefaultString(spec, 'schedulerName', 'default-scheduler');
  sameAccount(spec);
  for (const volume of listOf(spec['volumes'])) defaultVolume(volume);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    for (const container of listOf(spec[list])) defaultContainer(container);
}

/** The older name of the field always shows the same account. */
function sameAccount(spec: Fields): void {
  const account = stringOf(spec['serviceAccountName']) || stringOf(spec['serviceAccount']);
  if (account === '') return;
  spec['serviceAccountName'] = account;
  spec['serviceAccount'] = account;
}

function defaultContainer(container: Fields): void {
  setDefaultString(container, 'imagePullPolicy', pullPolicyOf(stringOf(container['image'])));
  setDefaultString(container, 'terminationMessagePath', '/dev/termination-log');
  setDefaultString(container, 'terminationMessagePolicy', 'File');
  for (const port of listOf(container['ports'])) setDefaultString(port, 'protocol', 'TCP');
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (isFields(probe)) defaultProbe(probe);
  }
  for (const handler of Object.values(fieldsOf(container['lifecycle'])))
    defaultHttpGet(fieldsOf(handler)['httpGet']);
  for (const variable of listOf(container['env'])) {
    const field = fieldsOf(variable['valueFrom'])['fieldRef'];
    if (isFields(field)) setDefaultString(field, 'apiVersion', 'v1');
  }
}

/** An image without a tag, or with `latest`, may change: it is pulled each time. */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]*)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Fields): void {
  setDefaultNumber(probe, 'timeoutSeconds', 1);
  setDefaultNumber(probe, 'periodSeconds', 10);
  setDefaultNumber(probe, 'successThreshold', 1);
  setDefaultNumber(probe, 'failureThreshold', 3);
  defaultHttpGet(probe['httpGet']);
  if (isFields(probe['grpc'])) setDefault(probe['grpc'], 'service', '');
}

/** For numbers of which zero counts as absent. */
function setDefaultNumber(fields: Fields, name: string, value: number): void {
  if (!fields[name]) fields[name] = value;
}

function defaultHttpGet(get: unknown): void {
  if (!isFields(get)) return;
  setDefaultString(get, 'path', '/');
  setDefaultString(get, 'scheme', 'HTTP');
}

function defaultVolume(volume: Fields): void {
  if (Object.keys(volume).every((name) => name === 'name')) volume['emptyDir'] = {};
  for (const name of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = volume[name];
    if (isFields(source)) setDefault(source, 'defaultMode', FILE_MODE);
  }
  defaultDownwardItems(volume['downwardAPI']);
  for (const source of listOf(fieldsOf(volume['projected'])['sources'])) {
    defaultDownwardItems(source['downwardAPI']);
    const token = source['serviceAccountToken'];
    if (isFields(token)) setDefault(token, 'expirationSeconds', TOKEN_SECONDS);
  }
  if (isFields(volume['hostPath'])) setDefault(volume['hostPath'], 'type', '');
  if (isFields(volume['iscsi'])) setDefaultString(volume['iscsi'], 'iscsiInterface', 'default');
  const claim = fieldsOf(fieldsOf(volume['ephemeral'])['volumeClaimTemplate'])['spec'];
  if (isFields(claim)) setDefault(claim, 'volumeMode', 'Filesystem');
}

function defaultDownwardItems(source: unknown): void {
  for (const item of listOf(fieldsOf(source)['items'])) {
    const field = item['fieldRef'];
    if (isFields(field)) setDefaultString(field, 'apiVersion', 'v1');
  }
}

function requestsFromLimits(container: Fields): void {
  const limits = fieldsOf(fieldsOf(container['resources'])['limits']);
  if (Object.keys(limits).length === 0) return;
  const requests = ensured(ensured(container, 'resources'), 'requests');
  for (const [name, amount] of Object.entries(limits)) setDefault(requests, name, amount);
}

/** On the host's network, a port of the container is a port of the host. */
function hostPorts(container: Fields): void {
  for (const port of listOf(container['ports']))
    if (!isSet(port['hostPort'])) port['hostPort'] = port['containerPort'];
}
