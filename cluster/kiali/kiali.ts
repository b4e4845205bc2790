// Kiali's answers, each from what the API and Prometheus tell at that moment. Knows nothing of HTTP: routes.ts does.

import type { KialiGraph } from '../../protocol/kiali.ts';
import { at, isFields, numberOf, stringOf } from '../schema/fields.ts';
import { parseYaml } from '../schema/yaml.ts';
import { badRequest, notFound } from './fault.ts';
import type { Hash } from './graph/answer.ts';
import { buildGraph } from './graph/build.ts';
import { type NodeOfGraph, keepAround } from './graph/node-graph.ts';
import { durationSeconds, graphOptions } from './graph/options.ts';
import {
  type HealthType,
  type HealthWorld,
  type Healths,
  bucketOf,
  namespaceHealth,
  worstOf,
} from './health/namespace-health.ts';
import { Tolerances } from './health/tolerances.ts';
import { healthOfWorkload } from './health/health.ts';
import { workloadStatus } from './health/workload-status.ts';
import { Inventory, type ObjectReader } from './inventory.ts';
import { configKinds, configList, configObject } from './istio-config.ts';
import {
  appItems,
  namespaceItem,
  serviceItem,
  workloadDetails,
  workloadItem,
  workloadsOf,
} from './lists.ts';
import { CLUSTER, KIALI_VERSION, type KialiSettings } from './settings.ts';
import { type ObjectKind, kindText } from './validations/validations.ts';
import { tlsModeFor } from './validations/mutual-tls.ts';
import { validate } from './validations/validate.ts';
import { type Prometheus, PrometheusError } from './vector.ts';

/** What Kiali wants of Prometheus besides vectors. */
export interface PrometheusServer extends Prometheus {
  status(path: string): Promise<number>;
  /** `data` of a page below `/api/v1`. */
  get(path: string): Promise<unknown>;
}

export interface KialiOptions {
  settings: KialiSettings;
  reader: ObjectReader;
  prometheus: PrometheusServer;
  hash: Hash;
  /** Unix seconds. */
  now: () => number;
}

const HEALTH_TYPES: readonly HealthType[] = ['app', 'service', 'workload'];
const DEFAULT_INTERVAL = '10m';
const SUCCESSES = 400;

export class Kiali {
  readonly settings: KialiSettings;
  readonly #options: KialiOptions;
  readonly #tolerances: Tolerances;

  constructor(options: KialiOptions) {
    this.#options = options;
    this.settings = options.settings;
    this.#tolerances = new Tolerances(options.settings.rates);
  }

  /** @param node the one whose neighbours alone are drawn; undefined for whole namespaces. */
  async graph(query: URLSearchParams, node?: NodeOfGraph): Promise<KialiGraph> {
    const { prometheus, hash, now, settings } = this.#options;
    const options = graphOptions(query, now());
    const { graphType } = options;
    if (node?.kind === 'app' && graphType !== 'app' && graphType !== 'versionedApp')
      throw badRequest(
        `Invalid graphType [${graphType}]. This node detail graph supports only graphType app or versionedApp.`,
      );
    return buildGraph(
      {
        inventory: this.#inventory(),
        tolerances: this.#tolerances,
        options,
        cluster: CLUSTER,
        controlPlane: settings.istioNamespace,
      },
      prometheus,
      hash,
      node && ((map) => keepAround(map, node)),
    );
  }

  async health(query: URLSearchParams) {
    const inventory = this.#inventory();
    const type = query.get('type') ?? '';
    const wanted = HEALTH_TYPES.filter((each) => type === '' || each === type);
    if (wanted.length === 0)
      throw badRequest(
        "Bad request, query parameter 'type' must be one of ['app','service','workload']",
      );
    const names = listOf(query.get('namespaces')) ?? inventory.namespaceNames();
    const found = new Map<HealthType, Record<string, Healths>>(wanted.map((each) => [each, {}]));
    const namespaces: Record<string, unknown> = {};
    for (const name of names) {
      const all: Healths[] = [];
      for (const each of wanted) {
        const healths = await namespaceHealth(this.#healthWorld(inventory, query), name, each);
        all.push(healths);
        const ofType = found.get(each);
        if (ofType) ofType[name] = healths;
      }
      const bucket = (each: HealthType) => {
        const healths = found.get(each)?.[name];
        return healths ? bucketOf(healths) : undefined;
      };
      namespaces[name] = {
        statusApp: bucket('app'),
        statusService: bucket('service'),
        statusWorkload: bucket('workload'),
        worstStatus: worstOf(all),
      };
    }
    return {
      namespaceAppHealth: found.get('app'),
      namespaceHealth: namespaces,
      namespaceServiceHealth: found.get('service'),
      namespaceWorkloadHealth: found.get('workload'),
    };
  }

  namespaces() {
    return this.#inventory()
      .namespaces()
      .map((each) => namespaceItem(each, this.settings));
  }

  namespace(name: string) {
    const found = this.namespaces().find((each) => each.name === name);
    if (!found) throw notFound(`namespace "${name}" not found`);
    return found;
  }

  async workloads(query: URLSearchParams) {
    const inventory = this.#inventory();
    const items = await this.#each(inventory, query, 'workload', (namespace, healths) =>
      inventory.workloads(namespace).map((workload) => workloadItem(workload, healths)),
    );
    return {
      cluster: CLUSTER,
      workloads: items,
      validations: this.#checked(inventory, 'workload'),
    };
  }

  async services(query: URLSearchParams) {
    const inventory = this.#inventory();
    const items = await this.#each(inventory, query, 'service', (namespace, healths) =>
      inventory.services(namespace).map((service) => serviceItem(service, inventory, healths)),
    );
    return { cluster: CLUSTER, services: items, validations: this.#checked(inventory, 'service') };
  }

  async apps(query: URLSearchParams) {
    const inventory = this.#inventory();
    const items = await this.#each(inventory, query, 'app', (namespace, healths) =>
      appItems(namespace, inventory, healths),
    );
    return { applications: items, cluster: CLUSTER };
  }

  async workload(namespace: string, name: string, query: URLSearchParams) {
    const inventory = this.#inventory();
    const workload = inventory.workload(namespace, name);
    if (!workload) throw notFound(`workload "${name}" not found`);
    const healths = await namespaceHealth(
      this.#healthWorld(inventory, query),
      namespace,
      'workload',
    );
    return {
      ...workloadDetails(workload, inventory, healths),
      validations: validate(inventory, this.settings).answer(
        (each) => each.objectGVK.Kind === 'workload' && isNamed(each, namespace, name),
      ),
    };
  }

  async service(namespace: string, name: string, query: URLSearchParams) {
    const inventory = this.#inventory();
    const service = inventory.service(namespace, name);
    if (!service) throw notFound(`services "${name}" not found`);
    const healths = await namespaceHealth(
      this.#healthWorld(inventory, query),
      namespace,
      'service',
    );
    const item = serviceItem(service, inventory, healths);
    return {
      service: {
        ...item,
        ip: service.spec.clusterIP ?? '',
        type: service.spec.type ?? 'ClusterIP',
      },
      isAmbient: false,
      istioSidecar: item.istioSidecar,
      health: item.health,
      workloads: workloadsOf(service, inventory).map((each) => workloadItem(each, {})),
      validations: validate(inventory, this.settings).answer(
        (each) => each.objectGVK.Kind === 'service' && isNamed(each, namespace, name),
      ),
    };
  }

  async app(namespace: string, name: string, query: URLSearchParams) {
    const inventory = this.#inventory();
    const healths = await namespaceHealth(this.#healthWorld(inventory, query), namespace, 'app');
    const item = appItems(namespace, inventory, healths).find((each) => each.name === name);
    if (!item) throw notFound(`application "${name}" not found`);
    const workloads = inventory.workloads(namespace).filter(({ app }) => app === name);
    return {
      name,
      namespace: { name: namespace, cluster: CLUSTER },
      cluster: CLUSTER,
      workloads: workloads.map((each) => ({
        workloadName: each.name,
        istioSidecar: each.hasSidecar,
        labels: each.labels,
        serviceAccountNames: each.serviceAccounts,
      })),
      serviceNames: inventory
        .services(namespace)
        .filter((each) => workloadsOf(each, inventory).some(({ app }) => app === name))
        .map(({ metadata }) => metadata.name),
      isAmbient: false,
      health: item.health,
    };
  }

  istioConfig(namespace: string | undefined, query: URLSearchParams) {
    const inventory = this.#inventory();
    const wanted = (query.get('objects') ?? '').split(';').filter((each) => each !== '');
    return {
      resources: configList(inventory, namespace, wanted),
      validations:
        query.get('validate') === 'true'
          ? validate(inventory, this.settings).answer(
              (each) => each.objectGVK.Group !== '' && (!namespace || each.namespace === namespace),
            )
          : {},
    };
  }

  istioObject(gvk: ObjectKind, namespace: string, name: string, query: URLSearchParams) {
    if (!configKinds.some((each) => kindText(each.gvk) === kindText(gvk)))
      throw badRequest(`Object type not managed: ${kindText(gvk)}`);
    const inventory = this.#inventory();
    const resource = configObject(inventory, gvk, namespace, name);
    if (!resource) throw notFound(`${gvk.Kind} "${name}" not found`);
    const key = kindText(gvk);
    const validation = validate(inventory, this.settings).answer(
      (each) => kindText(each.objectGVK) === key && isNamed(each, namespace, name),
    )[key]?.[`${name}.${namespace}`];
    return {
      namespace: { name: namespace, cluster: CLUSTER },
      gvk,
      resource,
      permissions: { create: false, update: false, delete: false },
      validation: query.get('validate') === 'true' ? (validation ?? null) : null,
    };
  }

  validations(query: URLSearchParams) {
    const inventory = this.#inventory();
    const found = validate(inventory, this.settings);
    const names = listOf(query.get('namespaces')) ?? inventory.namespaceNames();
    return names.map((name) => found.summary(name));
  }

  validationsOf(namespace: string) {
    return validate(this.#inventory(), this.settings).summary(namespace);
  }

  async status() {
    const { settings } = this;
    return {
      status: {
        'Disabled features': '',
        'Kiali container version': KIALI_VERSION,
        'Kiali state': 'running',
        'Kiali version': KIALI_VERSION,
      },
      externalServices: [
        { name: 'Kubernetes', version: 'v1.36.2' },
        ...(await this.#prometheusVersion(settings.prometheusUrl)),
      ],
      warningMessages: [],
      istioEnvironment: { istioAPIEnabled: true },
    };
  }

  async #prometheusVersion(url: string) {
    try {
      const version = stringOf(
        at(await this.#options.prometheus.get('status/buildinfo'), 'version'),
      );
      return [{ name: 'Prometheus', version, url }];
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      // Not there: not listed. The components say so.
      return [];
    }
  }

  /** What the mesh is made of, and what of it is missing or ill. */
  async istioStatus() {
    const { istioNamespace } = this.settings;
    const inventory = this.#inventory();
    const component = (name: string, status: string, isCore: boolean) => ({
      cluster: CLUSTER,
      name,
      status,
      isCore,
    });
    const planes = inventory
      .workloads(istioNamespace)
      .filter(({ labels }) => labels['app'] === 'istiod');
    const gateways = inventory.allWorkloads().filter(({ isGateway }) => isGateway);
    return [
      ...(planes.length === 0 ? [component('istiod', 'NotFound', true)] : []),
      ...[...planes, ...gateways].map((each) => {
        const health = healthOfWorkload(workloadStatus(each));
        const word =
          health === 'Healthy' ? 'Healthy' : health === 'Not Ready' ? 'NotReady' : 'Unhealthy';
        return component(each.name, word, planes.includes(each));
      }),
      component('prometheus', await this.#prometheusState(), true),
    ];
  }

  async #prometheusState(): Promise<'Healthy' | 'Unreachable'> {
    try {
      const status = await this.#options.prometheus.status('/-/healthy');
      return status < SUCCESSES ? 'Healthy' : 'Unreachable';
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      return 'Unreachable';
    }
  }

  async config() {
    const { settings } = this;
    return {
      authStrategy: settings.authStrategy,
      clusters: { [CLUSTER]: { accessible: true, isKialiHome: true, name: CLUSTER } },
      clusterWideAccess: true,
      controlPlanes: { [CLUSTER]: `istiod.${settings.istioNamespace}` },
      deployment: { viewOnlyMode: settings.viewOnly },
      istioAnnotations: { istioInjectionAnnotation: 'sidecar.istio.io/inject' },
      istioAPIInstalled: true,
      istioIdentityDomain: 'svc.cluster.local',
      istioLabels: {
        injectionLabelName: 'istio-injection',
        injectionLabelRev: 'istio.io/rev',
        serviceCanonicalName: 'service.istio.io/canonical-name',
        serviceCanonicalRevision: 'service.istio.io/canonical-revision',
      },
      istioStatusEnabled: true,
      logLevel: 'info',
      prometheus: await this.#prometheusConfig(),
    };
  }

  /** How often it scrapes and how long it keeps, in seconds, as its own configuration tells. */
  async #prometheusConfig() {
    try {
      const { prometheus } = this.#options;
      const [config, flags] = await Promise.all([
        prometheus.get('status/config'),
        prometheus.get('status/flags'),
      ]);
      const parsed = parseYaml(stringOf(at(config, 'yaml')));
      const interval =
        'error' in parsed ? undefined : at(parsed.value, 'global', 'scrape_interval');
      const kept = isFields(flags) ? stringOf(flags['storage.tsdb.retention.time']) : '';
      return {
        enabled: true,
        globalScrapeInterval: durationSeconds(stringOf(interval)) ?? 15,
        storageTsdbRetention: durationSeconds(kept) ?? 15 * 86_400,
      };
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      return { enabled: true, globalScrapeInterval: 15, storageTsdbRetention: 15 * 86_400 };
    }
  }

  /** Whether servers insist on mutual TLS: in the mesh, or in one namespace. Clients use it by themselves wherever they can. */
  tls(namespace?: string) {
    const { rootNamespace } = this.settings;
    const policies = this.#inventory().rules('peerauthentications.security.istio.io');
    const modeIn = (place: string) =>
      policies
        .filter(({ metadata }) => metadata.namespace === place)
        .map(tlsModeFor)
        .find((mode) => mode !== 'UNSET');
    const words = {
      STRICT: 'MTLS_ENABLED',
      PERMISSIVE: 'MTLS_PARTIALLY_ENABLED',
      DISABLE: 'MTLS_DISABLED',
      UNSET: 'MTLS_NOT_ENABLED',
    };
    return {
      status: words[modeIn(namespace ?? rootNamespace) ?? 'UNSET'],
      autoMTLSEnabled: true,
      minTLS: 'N/A',
      cluster: CLUSTER,
      ...(namespace === undefined ? {} : { namespace }),
    };
  }

  allTls(query: URLSearchParams) {
    const names = listOf(query.get('namespaces')) ?? this.#inventory().namespaceNames();
    return names.map((name) => this.tls(name));
  }

  controlPlanes() {
    const { istioNamespace, rootNamespace } = this.settings;
    const inventory = this.#inventory();
    const managed = inventory
      .namespaces()
      .filter(({ metadata: { labels = {} } }) => labels['istio-injection'] === 'enabled')
      .map((each) => namespaceItem(each, this.settings));
    return inventory
      .workloads(istioNamespace)
      .filter(({ labels }) => labels['app'] === 'istiod')
      .map((plane) => ({
        cluster: { name: CLUSTER, isKialiHome: true, accessible: true },
        id: CLUSTER,
        istiodName: plane.name,
        istiodNamespace: istioNamespace,
        managedClusters: [{ name: CLUSTER, isKialiHome: true, accessible: true }],
        managedNamespaces: managed,
        revision: plane.labels['istio.io/rev'] ?? 'default',
        rootNamespace,
        status: healthOfWorkload(workloadStatus(plane)),
      }));
  }

  #inventory(): Inventory {
    return new Inventory(this.#options.reader);
  }

  #healthWorld(inventory: Inventory, query: URLSearchParams): HealthWorld {
    const { prometheus, now } = this.#options;
    const at = numberOf(Number(query.get('queryTime') ?? NaN));
    const interval = query.get('rateInterval') ?? DEFAULT_INTERVAL;
    if (durationSeconds(interval) === undefined)
      throw badRequest(`Invalid rateInterval [${interval}]`);
    return {
      inventory,
      tolerances: this.#tolerances,
      prometheus,
      at: at === undefined || Number.isNaN(at) ? now() : at,
      interval,
    };
  }

  async #each<Item>(
    inventory: Inventory,
    query: URLSearchParams,
    type: HealthType,
    items: (namespace: string, healths: Healths) => Item[],
  ): Promise<Item[]> {
    const names = listOf(query.get('namespaces')) ?? inventory.namespaceNames();
    const all: Item[] = [];
    for (const name of names) {
      const healths =
        query.get('health') === 'true'
          ? await namespaceHealth(this.#healthWorld(inventory, query), name, type)
          : {};
      all.push(...items(name, healths));
    }
    return all;
  }

  #checked(inventory: Inventory, kind: string) {
    return validate(inventory, this.settings).answer(({ objectGVK }) => objectGVK.Kind === kind);
  }
}

function isNamed(
  each: { namespace: string; name: string },
  namespace: string,
  name: string,
): boolean {
  return each.namespace === namespace && each.name === name;
}

/** Undefined: nothing was named. */
function listOf(text: string | null): string[] | undefined {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  return names.length > 0 ? names : undefined;
}
