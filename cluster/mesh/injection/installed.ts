// The settings by which an istiod of a revision injects now: the values and mesh settings in its ConfigMaps, and its own
// environment, which a learner may set on its Deployment.
// Source: the chart `istio-discovery` of Istio 1.30.3 (what is kept where), pilot/pkg/features (variables of the environment).

import type { KubeObject } from '../../object.ts';
import { at, type Fields, fieldsOf, isFields, listOf, stringOf } from '../../schema/fields.ts';
import { parseYaml } from '../../schema/yaml.ts';
import type { Store } from '../../store/store.ts';
import { DEFAULT_REVISION, ofRevision } from '../revisions.ts';
import { type InjectionSettings, defaultInjectionSettings } from './settings.ts';
import { settingsFromValues } from './values.ts';

const NAMESPACE = 'istio-system';

export function installedSettings(store: Store, revision: string): InjectionSettings {
  const text = (configMap: string, field: string) => {
    const object = store.get('configmaps', NAMESPACE, ofRevision(configMap, revision));
    return stringOf(at(object, 'data', field));
  };
  const values = yamlOf(text('istio-sidecar-injector', 'values'));
  const settings = settingsFromValues({
    ...values,
    revision: revision === DEFAULT_REVISION ? '' : revision,
  });
  const mesh = yamlOf(text('istio', 'mesh'));
  const native = istiodEnvironment(store, revision).get('ENABLE_NATIVE_SIDECARS');
  return {
    ...settings,
    ...ofMesh(mesh),
    autoInject: policyOf(text('istio-sidecar-injector', 'config')) !== 'disabled',
    ...(native !== undefined && { nativeSidecars: native !== 'false' }),
  };
}

/** Text that cannot be read says nothing. */
function yamlOf(text: string): Fields {
  const parsed = parseYaml(text);
  return 'error' in parsed ? {} : fieldsOf(parsed.value);
}

function policyOf(config: string): string {
  return stringOf(yamlOf(config)['policy']);
}

function ofMesh(mesh: Fields): Partial<InjectionSettings> {
  const { trustDomain, enablePrometheusMerge } = mesh;
  const proxy = { ...fieldsOf(mesh['defaultConfig']) };
  // What istiod's own defaults say is not told to proxies.
  if (proxy['discoveryAddress'] === USUAL_ADDRESS) delete proxy['discoveryAddress'];
  return {
    ...(typeof trustDomain === 'string' && { trustDomain }),
    ...(typeof enablePrometheusMerge === 'boolean' && { prometheusMerge: enablePrometheusMerge }),
    proxyConfig: proxy,
  };
}

const USUAL_ADDRESS = `${defaultInjectionSettings.discoveryService}.${NAMESPACE}.svc:15012`;

/** Of the newest pod: a rollout's old ones are on their way out. */
function istiodEnvironment(store: Store, revision: string): Map<string, string> {
  const newest = store
    .list('pods', NAMESPACE)
    .filter(({ metadata }) => isIstiod(metadata.labels, revision) && !metadata.deletionTimestamp)
    .toSorted((a, b) => compare(b, a))[0];
  const container = listOf(at(newest, 'spec', 'containers')).find(
    ({ name }) => name === 'discovery',
  );
  return new Map(
    listOf(container?.['env'])
      .filter((each) => isFields(each) && typeof each['value'] === 'string')
      .map(({ name, value }) => [stringOf(name), stringOf(value)]),
  );
}

function isIstiod(labels: Record<string, string> = {}, revision: string): boolean {
  return labels['app'] === 'istiod' && (labels['istio.io/rev'] ?? DEFAULT_REVISION) === revision;
}

function compare(a: KubeObject, b: KubeObject): number {
  return a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1;
}
