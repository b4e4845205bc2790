// The API server of one cluster: requests in, responses out. Puts the parts together and walks each request through them:
// impersonation, authorization, routing, the answer's common headers. Knows no verbs and no kinds.

import type { UserInfo, ApiRequest, ApiResponse, Upgrade } from './http.ts';
import { Admission, type Plugin } from './admission/admission.ts';
import { namespaceLifecycle } from './admission/namespace-lifecycle.ts';
import { defaultTolerations, priority } from './admission/pod-defaults.ts';
import { serviceAccount } from './admission/service-account.ts';
import { type WebhookCall, callNobody, webhooks } from './admission/webhooks.ts';
import { type Action, Authorization } from './authorization/authorization.ts';
import { impersonated } from './authorization/impersonation.ts';
import { reviewAnswers } from './authorization/reviews.ts';
import { RoleAggregation } from './authorization/role-aggregation.ts';
import type { ApiClient } from './client.ts';
import { componentStatuses } from './component-statuses.ts';
import { ApiServices } from './api-services.ts';
import { CustomResources } from './custom-resources.ts';
import { Deletions } from './deletion.ts';
import { Discovery } from './discovery.ts';
import { newUid } from './identity.ts';
import { InProcessClient } from './in-process-client.ts';
import { laidOut } from './layout.ts';
import { NonResourceRoutes } from './non-resource-routes.ts';
import { Objects } from './objects.ts';
import {
  type Reply,
  errorReply,
  pageNotFound,
  tooManyRequestsReply,
  warningHeader,
} from './reply.ts';
import { type RequestInfo, type ResourceRequest, requestInfo } from './request-info.ts';
import { RequestRate } from './request-rate.ts';
import { type ResourceContext, ResourceRoutes } from './resource-routes.ts';
import { ServiceAddresses } from './service-addresses.ts';
import { StatusError } from './status.ts';
import { containerUpgrade, logHandler, upgradeRequired } from './subresources/containers.ts';
import { bindingHandler, evictionHandler } from './subresources/pods.ts';
import { proxyHandler } from './subresources/proxy.ts';
import { scaleHandler } from './subresources/scale.ts';
import { SubresourceHandlers } from './subresources/subresource.ts';
import { tokenHandler } from './subresources/token.ts';
import { type ObjectReader, TokenReader } from './token-reader.ts';
import { Tokens } from './tokens.ts';
import { type Reading, VirtualKinds } from './virtual-kinds.ts';
import { Watches } from './watch.ts';
import { ANONYMOUS, type Caller, type World } from './world.ts';

export interface ApiOptions {
  world: World;
  /** `172.18.0.2:6443`: what discovery and tokens call the server. */
  serverAddress: string;
  /** Readings of metrics, by resource: `pods.metrics.k8s.io`. */
  readings?: Readonly<Record<string, Reading>>;
  /** Asks webhooks. Default: none can be reached. */
  webhook?: WebhookCall;
  /** As a snapshot kept it. */
  tokenKey?: Uint8Array | undefined;
}

/** Asked for by whoever must know, however busy the cluster is. */
const HEALTH = new Set(['/healthz', '/livez', '/readyz']);
const UPGRADED = new Set(['exec', 'attach', 'portforward']);
/** Characters of a field manager that a real server keeps. */
const MANAGER_LENGTH = 128;

export class Api {
  readonly watches: Watches;
  readonly tokens: Tokens;
  readonly authorization: Authorization;
  readonly discovery: Discovery;
  /** False until what every cluster begins with is there. */
  ready = false;
  readonly #world: World;
  readonly #objects: Objects;
  readonly #deletions: Deletions;
  readonly #addresses: ServiceAddresses;
  readonly #resources: ResourceRoutes;
  readonly #others: NonResourceRoutes;
  readonly #customResources: CustomResources;
  readonly #apiServices: ApiServices;
  readonly #roleAggregation: RoleAggregation;
  readonly #rate: RequestRate;
  readonly #flowSchema: string;
  readonly #priorityLevel: string;

  constructor({ world, serverAddress, readings, tokenKey, webhook = callNobody }: ApiOptions) {
    const { store, clock, random, limits, platform } = world;
    this.#world = world;
    this.#rate = new RequestRate(limits, () => platform.now());
    this.#flowSchema = newUid(random);
    this.#priorityLevel = newUid(random);
    this.authorization = new Authorization(store);
    this.tokens = new Tokens({
      store,
      clock,
      platform,
      newId: () => newUid(random),
      key: tokenKey,
    });
    this.#addresses = new ServiceAddresses(store, random);
    const admission = new Admission(world, pluginsCalling(webhook));
    this.#objects = new Objects(world, admission, ({ definition }, object, old) => {
      if (definition.storedAs === 'services') this.#addresses.allocate(object, old);
    });
    this.#deletions = new Deletions(world, admission);
    this.watches = new Watches(store, clock, random, limits);
    this.discovery = new Discovery(
      world.registry,
      (bytes) => platform.sha256(bytes),
      serverAddress,
    );
    this.#resources = new ResourceRoutes({
      world,
      objects: this.#objects,
      deletions: this.#deletions,
      watches: this.watches,
      subresources: this.#subresources(),
      virtual: new VirtualKinds(
        world,
        { componentstatuses: componentStatuses, ...readings },
        reviewAnswers(this.authorization, this.tokens),
      ),
    });
    const client = this.client('kube-apiserver');
    this.#customResources = new CustomResources(world, client);
    this.#roleAggregation = new RoleAggregation(
      world,
      this.client('clusterrole-aggregation-controller'),
    );
    this.#apiServices = new ApiServices(world, client, this.discovery);
    this.#others = new NonResourceRoutes({
      world,
      discovery: this.discovery,
      tokens: this.tokens,
      serverAddress,
      isReady: () => this.ready,
    });
  }

  #subresources(): SubresourceHandlers {
    const world = this.#world;
    const proxy = proxyHandler(world);
    return new SubresourceHandlers({
      '*/scale': scaleHandler(world, this.#objects),
      'pods/binding': bindingHandler(world),
      'pods/eviction': evictionHandler(world, this.#deletions),
      'pods/log': logHandler(world),
      'pods/exec': upgradeRequired,
      'pods/attach': upgradeRequired,
      'pods/portforward': upgradeRequired,
      'pods/proxy': proxy,
      'services/proxy': proxy,
      'nodes/proxy': proxy,
      'serviceaccounts/token': tokenHandler(world, this.tokens),
    });
  }

  /** A client of one of the cluster's own components. */
  client(name: string): ApiClient {
    return new InProcessClient(this.#world, this.#objects, this.#deletions, name);
  }

  /** What a program in a pod may read. @param token is asked for each time. */
  reader(name: string, token: () => string | undefined): ObjectReader {
    return new TokenReader({
      client: this.client(name),
      tokens: this.tokens,
      authorization: this.authorization,
      token,
    });
  }

  /** Begins to serve: custom kinds, and the list of API groups. */
  async start(): Promise<void> {
    this.#customResources.start();
    this.#roleAggregation.start();
    await this.#apiServices.start();
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const warnings: string[] = [];
    const answer = async () => {
      const context = this.#admit(request, warnings);
      if ('reply' in context) return context.reply;
      return this.#resources.answer(context);
    };
    return this.#finish(request, warnings, answer);
  }

  /** For requests that ask to leave HTTP. */
  async upgrade(request: ApiRequest): Promise<ApiResponse | Upgrade> {
    const warnings: string[] = [];
    try {
      const context = this.#admit(request, warnings);
      if ('reply' in context)
        return await this.#finish(request, warnings, async () => context.reply);
      const { definition } = context.kind;
      if (definition.storedAs === 'pods' && UPGRADED.has(context.info.subresource))
        return containerUpgrade(this.#world, context);
      return await this.#finish(request, warnings, () => this.#resources.answer(context));
    } catch (error) {
      return this.#finish(request, warnings, () => Promise.reject(error as Error));
    }
  }

  /** After a snapshot was put in place of what was there. */
  forget(): void {
    this.#addresses.forget();
    this.watches.expireAll();
  }

  close(): void {
    this.#customResources.close();
    this.#roleAggregation.close();
    this.#apiServices.close();
    this.watches.close();
    this.#addresses.close();
  }

  /** Who asks for what, and whether they may. Throws 403; answers 429 itself. */
  #admit(request: ApiRequest, warnings: string[]): ResourceContext | { reply: Reply } {
    if (!HEALTH.has(request.path) && !this.#rate.take()) return { reply: tooManyRequestsReply() };
    const info = requestInfo(request.method, request.path, request.query);
    const user = impersonated(request.user ?? ANONYMOUS, request.headers, this.authorization);
    this.authorization.require(user, actionOf(info));
    if (!info.isResource) {
      // The answers of paths are short and come at once.
      return { reply: this.#others.answer(request) };
    }
    const kind = this.#resources.find(info);
    if (!kind) return { reply: pageNotFound() };
    const { definition, version } = kind;
    if (version.deprecationWarning !== undefined) warnings.push(version.deprecationWarning);
    return {
      request,
      info,
      kind,
      caller: callerOf(request, user, warnings),
      namespace: definition.namespaced && info.namespace !== '' ? info.namespace : undefined,
    };
  }

  async #finish(
    request: ApiRequest,
    warnings: string[],
    answer: () => Promise<Reply> | Reply,
  ): Promise<ApiResponse> {
    let reply: Reply;
    try {
      reply = await answer();
    } catch (error) {
      if (!(error instanceof StatusError)) {
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#world.platform.log('error', `${request.method} ${request.path}: ${words}`);
      }
      reply = errorReply(error);
    }
    const headers: ApiResponse['headers'] = {
      'Audit-Id': request.headers['audit-id'] ?? newUid(this.#world.random),
      'Cache-Control': 'no-cache, private',
      ...reply.headers,
    };
    if (warnings.length > 0) headers['Warning'] = [...new Set(warnings)].map(warningHeader);
    headers['X-Kubernetes-Pf-Flowschema-Uid'] = this.#flowSchema;
    headers['X-Kubernetes-Pf-Prioritylevel-Uid'] = this.#priorityLevel;
    return { status: reply.status, headers, body: laidOut(request, reply) };
  }
}

/** In the order of a real server. Webhooks see what the plugins before them made; the namespace is checked first of all. */
function pluginsCalling(webhook: WebhookCall): readonly Plugin[] {
  return [
    namespaceLifecycle,
    serviceAccount,
    priority,
    defaultTolerations,
    webhooks('mutating', webhook),
    // Asked again, as a real server does, for what webhooks have added: a sidecar has a token too.
    serviceAccount,
    webhooks('validating', webhook),
  ];
}

function actionOf(info: RequestInfo): Action {
  if (!info.isResource) return { verb: info.verb, path: info.path };
  return resourceAction(info);
}

function resourceAction(info: ResourceRequest): Action {
  return {
    verb: info.verb,
    group: info.group,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.authorizedName,
  };
}

function callerOf(request: ApiRequest, user: UserInfo, warnings: string[]): Caller {
  return {
    user,
    fieldManager:
      request.query.get('fieldManager') || managerOfAgent(request.headers['user-agent']),
    dryRun: false,
    warn: (message) => warnings.push(message),
  };
}

/** `kubectl/v1.36.2 (linux/amd64)` → `kubectl` */
function managerOfAgent(agent: string | undefined): string {
  const name = (agent ?? '').split('/')[0] ?? '';
  return name.replace(/[^\x20-\x7e]/g, '').slice(0, MANAGER_LENGTH) || 'unknown';
}
