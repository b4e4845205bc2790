// The settings of an installation, from the values that it keeps in the ConfigMap `istio-sidecar-injector`.
// What is absent or of another type keeps its default.
// Source: the chart `istio-discovery` of Istio 1.30.3.

import { at, type Fields, fieldsOf, isFields, stringMapOf, stringOf } from '../../schema/fields.ts';
import { defaultInjectionSettings, type InjectionSettings, type Resources } from './settings.ts';

export function settingsFromValues(values: unknown): InjectionSettings {
  const all = fieldsOf(values);
  const global = fieldsOf(all['global']);
  const proxy = fieldsOf(global['proxy']);
  const defaults = defaultInjectionSettings;
  const text = (of: Fields, field: string, otherwise: string) =>
    typeof of[field] === 'string' ? of[field] : otherwise;
  const switched = (value: unknown, otherwise: boolean) =>
    typeof value === 'boolean' ? value : otherwise;
  const revision = stringOf(all['revision']);
  return {
    ...defaults,
    image: imageOf(global, proxy),
    revision: revision || 'default',
    discoveryService: revision === '' ? 'istiod' : `istiod-${revision}`,
    systemNamespace: text(global, 'istioNamespace', defaults.systemNamespace),
    clusterDomain: text(proxy, 'clusterDomain', defaults.clusterDomain),
    clusterName: stringOf(at(global, 'multiCluster', 'clusterName')) || defaults.clusterName,
    nativeSidecars: nativeOf(at(all, 'pilot', 'env', 'ENABLE_NATIVE_SIDECARS')),
    cni: switched(at(all, 'pilot', 'cni', 'enabled'), defaults.cni),
    holdApplicationUntilProxyStarts: switched(
      proxy['holdApplicationUntilProxyStarts'],
      defaults.holdApplicationUntilProxyStarts,
    ),
    resources: resourcesOf(proxy['resources']),
    logLevel: text(proxy, 'logLevel', defaults.logLevel),
    componentLogLevel: text(proxy, 'componentLogLevel', defaults.componentLogLevel),
    agentLogLevel: text(fieldsOf(global['logging']), 'level', defaults.agentLogLevel),
    rewriteAppHttpProbes: switched(
      at(all, 'sidecarInjectorWebhook', 'rewriteAppHTTPProbe'),
      defaults.rewriteAppHttpProbes,
    ),
    includeIpRanges: text(proxy, 'includeIPRanges', defaults.includeIpRanges),
    excludeIpRanges: text(proxy, 'excludeIPRanges', defaults.excludeIpRanges),
    includeInboundPorts: text(proxy, 'includeInboundPorts', defaults.includeInboundPorts),
    excludeInboundPorts: text(proxy, 'excludeInboundPorts', defaults.excludeInboundPorts),
    includeOutboundPorts: text(proxy, 'includeOutboundPorts', defaults.includeOutboundPorts),
    excludeOutboundPorts: text(proxy, 'excludeOutboundPorts', defaults.excludeOutboundPorts),
  };
}

/** A name with a slash is whole; another is one of the hub's. */
function imageOf(global: Fields, proxy: Fields): string {
  const [hub = '', name = '', tag = ''] = [global['hub'], proxy['image'], global['tag']].map(
    stringOf,
  );
  if (name.includes('/')) return name;
  const [, ownHub = '', ownName = '', ownTag = ''] =
    /^(.*)\/([^/:]+):(.*)$/.exec(defaultInjectionSettings.image) ?? [];
  return `${hub || ownHub}/${name || ownName}:${tag || ownTag}`;
}

/** `auto` means yes: the node is new enough. */
function nativeOf(setting: unknown): boolean {
  if (setting === undefined) return defaultInjectionSettings.nativeSidecars;
  return setting !== false && setting !== 'false';
}

function resourcesOf(value: unknown): Resources {
  if (!isFields(value)) return defaultInjectionSettings.resources;
  const part = (field: 'requests' | 'limits') => {
    const amounts = stringMapOf(value[field]);
    return Object.keys(amounts).length === 0 ? {} : { [field]: amounts };
  };
  return { ...part('requests'), ...part('limits') };
}
