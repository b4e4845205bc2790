// The pod with its sidecar: a pure function of the pod and of the installation's settings. Whether it is asked for at all is
// decision.ts. Defaults of the API are not filled in, nor is the ServiceAccount's token mounted: both come after it in life too.
// Source: facts of the injection template and the injector of Istio 1.30.3; the pods that a real istiod injected.

import type { KubeObject } from '../../object.ts';
import { type Fields, fieldsOf, listOf, stringOf } from '../../schema/fields.ts';
import {
  holdsApplication,
  initContainer,
  interceptionMode,
  proxyContainer,
  type SidecarOf,
  statusPort,
} from './containers.ts';
import { appProbers, rewriteProbes } from './probes.ts';
import { defaultInjectionSettings, type InjectionSettings } from './settings.ts';
import { sidecarVolumes } from './volumes.ts';
import { canonicalLabels, workloadOf } from './workload.ts';

const STATUS = 'sidecar.istio.io/status';
const NATIVE = 'sidecar.istio.io/nativeSidecar';
const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers';
const PROXY = 'istio-proxy';

export interface InjectionRequest {
  /** The pod's namespace: a pod may not name it itself when it is created. */
  namespace: string;
  settings?: Partial<InjectionSettings>;
}

/** A new pod; the given one is left alone. A pod that has a sidecar already is given back as it is. */
export function injectSidecar(
  pod: KubeObject,
  { namespace, settings: own }: InjectionRequest,
): KubeObject {
  const settings = { ...defaultInjectionSettings, ...own };
  const injected = structuredClone(pod);
  const { metadata } = injected;
  const annotations = { ...metadata.annotations };
  const spec = fieldsOf(injected['spec']);
  const containers = listOf(spec['containers']);
  if (STATUS in annotations) return pod;
  const native = (annotations[NATIVE] ?? String(settings.nativeSidecars)) !== 'false';
  const workload = workloadOf(pod, namespace);
  const told = [...toldProbes(spec, annotations, settings), ...toldMetrics(annotations, settings)];
  const of: SidecarOf = { settings, annotations, workload, containers, native, told };
  const before = place(spec, of);
  const volumes = sidecarVolumes();
  spec['volumes'] = [...volumes, ...listOf(spec['volumes'])];
  metadata.labels = {
    ...metadata.labels,
    'security.istio.io/tlsMode': metadata.labels?.['security.istio.io/tlsMode'] || 'istio',
    ...canonicalLabels(metadata.labels ?? {}, workload),
  };
  metadata.annotations = {
    ...annotations,
    ...scraped(annotations, settings),
    ...defaultContainers(annotations, containers),
    'istio.io/rev': settings.revision,
    [STATUS]: JSON.stringify({
      initContainers: before,
      containers: native ? null : [PROXY],
      volumes: volumes.map(({ name }) => name),
      imagePullSecrets: null,
      revision: settings.revision,
    }),
  };
  return injected;
}

/** Puts the sidecar's containers where they belong. Returns the names of those that run before the app. */
function place(spec: Fields, of: SidecarOf): string[] | null {
  const proxy = proxyContainer(of);
  const inits = listOf(spec['initContainers']);
  // Mode NONE redirects nothing: then there is nothing to set up either.
  const setup = interceptionMode(of.annotations) === 'NONE' ? [] : [initContainer(of)];
  if (of.native) {
    spec['initContainers'] = [...setup, proxy, ...inits];
    return [...setup, proxy].map(({ name }) => stringOf(name));
  }
  spec['containers'] = holdsApplication(of) ? [proxy, ...of.containers] : [...of.containers, proxy];
  if (setup.length === 0) return null;
  // A check of the redirection comes before everything that needs the network; the redirection itself after it.
  spec['initContainers'] = of.settings.cni ? [...setup, ...inits] : [...inits, ...setup];
  return setup.map(({ name }) => stringOf(name));
}

function toldProbes(
  spec: Fields,
  annotations: Record<string, string>,
  settings: InjectionSettings,
): Fields[] {
  const asked = annotations[REWRITE];
  const rewrites = asked === undefined ? settings.rewriteAppHttpProbes : asked === 'true';
  if (!rewrites || statusPort(annotations) === '0') return [];
  const containers = [...listOf(spec['initContainers']), ...listOf(spec['containers'])].filter(
    (container) => container['name'] !== PROXY,
  );
  const value = appProbers(containers);
  for (const container of containers) rewriteProbes(container);
  return value === '' ? [] : [{ name: 'ISTIO_KUBE_APP_PROBERS', value }];
}

const SCRAPE = 'prometheus.io/scrape';
const PATH = 'prometheus.io/path';
const PORT = 'prometheus.io/port';

function merges(annotations: Record<string, string>, settings: InjectionSettings): boolean {
  const asked = annotations['prometheus.istio.io/merge-metrics'];
  const merge = asked === undefined ? settings.prometheusMerge : asked === 'true';
  return merge && annotations[SCRAPE] !== 'false' && annotations[PORT] !== statusPort(annotations);
}

/** Where the app's own metrics are, if it says so: the sidecar shows them with its own. */
function toldMetrics(annotations: Record<string, string>, settings: InjectionSettings): Fields[] {
  if (!merges(annotations, settings)) return [];
  const [scrape, path, port] = [annotations[SCRAPE], annotations[PATH], annotations[PORT]];
  if (scrape === undefined && path === undefined && port === undefined) return [];
  const value = JSON.stringify({ scrape: scrape ?? '', path: path ?? '', port: port ?? '' });
  return [{ name: 'ISTIO_PROMETHEUS_ANNOTATIONS', value }];
}

function scraped(
  annotations: Record<string, string>,
  settings: InjectionSettings,
): Record<string, string> {
  if (!merges(annotations, settings)) return {};
  return { [SCRAPE]: 'true', [PORT]: statusPort(annotations), [PATH]: '/stats/prometheus' };
}

/** `kubectl logs` and `exec` mean the app's first container. */
function defaultContainers(
  annotations: Record<string, string>,
  containers: Fields[],
): Record<string, string> {
  const first = containers.find((container) => container['name'] !== PROXY);
  if (!first) return {};
  const name = stringOf(first['name']);
  return Object.fromEntries(
    ['default-container', 'default-logs-container']
      .map((key) => `kubectl.kubernetes.io/${key}`)
      .filter((key) => !(key in annotations))
      .map((key) => [key, name]),
  );
}
