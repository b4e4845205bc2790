// Kiali's addresses: which answer stands behind which path. JSON as the real one writes it; what is not simulated says so.

import type { HttpHeaders, HttpResponse } from '../network/http.ts';
import { textResponse } from '../network/http-server.ts';
import { StatusError } from '../api/status.ts';
import { ApiFault } from './fault.ts';
import type { NodeOfGraph } from './graph/node-graph.ts';
import type { Kiali } from './kiali.ts';
import { page } from './page.ts';

const JSON_TYPE: HttpHeaders = [['Content-Type', 'application/json']];
const HTML_TYPE: HttpHeaders = [['Content-Type', 'text/html; charset=utf-8']];

/** Of the real API: traces and boards, changes, conversations. */
const NOT_SIMULATED =
  /^(tracing|traces|grafana|perses|chat|mesh\/graph|namespaces\/[^/]+\/(apps|services|workloads|controlplanes|ztunnel|aggregates|customdashboard|pods|metrics)\b.*|clusters\/metrics|stats|overview)/;

type Answer = (names: readonly string[], query: URLSearchParams) => unknown;

interface Route {
  pattern: RegExp;
  answer: Answer;
  /** Written for people to read, as the real one does for graphs. */
  indented?: boolean;
}

export class Routes {
  readonly #kiali: Kiali;
  readonly #routes: readonly Route[];

  constructor(kiali: Kiali) {
    this.#kiali = kiali;
    this.#routes = routesOf(kiali);
  }

  async answer(method: string, target: string): Promise<HttpResponse> {
    const { webRoot } = this.#kiali.settings;
    const [path = '', search = ''] = target.split('?', 2);
    if (path === '/' && webRoot !== '') return textResponse(302, '', [['Location', `${webRoot}/`]]);
    if (path !== webRoot && !path.startsWith(`${webRoot}/`)) return missing();
    const rest = path.slice(webRoot.length).replace(/^\//, '');
    if (rest === 'healthz') return textResponse(200, '');
    if (rest === '' || rest.startsWith('console'))
      return textResponse(200, page(webRoot), HTML_TYPE);
    if (rest !== 'api' && !rest.startsWith('api/')) return missing();
    return this.#api(
      method,
      rest.slice('api'.length).replace(/^\/|\/$/g, ''),
      new URLSearchParams(search),
    );
  }

  async #api(method: string, path: string, query: URLSearchParams): Promise<HttpResponse> {
    for (const { pattern, answer, indented } of this.#routes) {
      const match = pattern.exec(path);
      if (!match) continue;
      if (method !== 'GET' && method !== 'HEAD')
        return problem(405, `${method}: this Kiali answers questions and changes nothing`);
      try {
        const names = match.slice(1).map((name) => decodeURIComponent(name));
        const answered = await answer(names, query);
        // Without any indent named, V8 takes its fast way.
        const text = indented ? JSON.stringify(answered, undefined, 2) : JSON.stringify(answered);
        return textResponse(200, text, JSON_TYPE);
      } catch (error) {
        if (error instanceof ApiFault) return problem(error.status, error.message, error.detail);
        if (error instanceof StatusError) return problem(error.status.code ?? 500, error.message);
        if (error instanceof URIError) return problem(400, `${path}: ${error.message}`);
        throw error;
      }
    }
    if (NOT_SIMULATED.test(path))
      return problem(501, `${path}: the lesson's Kiali does not simulate this`);
    return missing();
  }
}

function routesOf(kiali: Kiali): Route[] {
  const route = (path: string, answer: Answer, indented = false): Route => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
    answer,
    indented,
  });
  const nodeGraph = (path: string, node: (names: readonly string[]) => NodeOfGraph): Route =>
    route(
      `namespaces/{ns}/${path}/graph`,
      (names, query) => {
        const asked = new URLSearchParams(query.toString());
        asked.set('namespaces', names[0] ?? '');
        return kiali.graph(asked, node(names));
      },
      true,
    );
  const name = (names: readonly string[], index: number) => names[index] ?? '';
  return [
    route('', () => kiali.status()),
    route('status', () => kiali.status()),
    route('config', () => kiali.config()),
    route('auth/info', () => ({ strategy: kiali.settings.authStrategy, sessionInfo: {} })),
    route('namespaces', () => kiali.namespaces()),
    route('namespaces/graph', (_, query) => kiali.graph(query), true),
    route('namespaces/{ns}', (names) => kiali.namespace(name(names, 0))),
    route('namespaces/{ns}/info', (names) => kiali.namespace(name(names, 0))),
    route('namespaces/{ns}/validations', (names) => kiali.validationsOf(name(names, 0))),
    route('namespaces/{ns}/tls', (names) => kiali.tls(name(names, 0))),
    route('namespaces/{ns}/istio', (names, query) => kiali.istioConfig(name(names, 0), query)),
    route('namespaces/{ns}/istio/{group}/{version}/{kind}/{name}', (names, query) =>
      kiali.istioObject(
        { Group: name(names, 1), Version: name(names, 2), Kind: name(names, 3) },
        name(names, 0),
        name(names, 4),
        query,
      ),
    ),
    route('namespaces/{ns}/workloads/{name}', (names, query) =>
      kiali.workload(name(names, 0), name(names, 1), query),
    ),
    route('namespaces/{ns}/services/{name}', (names, query) =>
      kiali.service(name(names, 0), name(names, 1), query),
    ),
    route('namespaces/{ns}/apps/{name}', (names, query) =>
      kiali.app(name(names, 0), name(names, 1), query),
    ),
    nodeGraph('workloads/{name}', (names) => ({
      kind: 'workload',
      namespace: name(names, 0),
      name: name(names, 1),
    })),
    nodeGraph('services/{name}', (names) => ({
      kind: 'service',
      namespace: name(names, 0),
      name: name(names, 1),
    })),
    nodeGraph('applications/{name}', (names) => ({
      kind: 'app',
      namespace: name(names, 0),
      name: name(names, 1),
    })),
    nodeGraph('applications/{name}/versions/{version}', (names) => ({
      kind: 'app',
      namespace: name(names, 0),
      name: name(names, 1),
      version: name(names, 2),
    })),
    route('clusters/workloads', (_, query) => kiali.workloads(query)),
    route('clusters/services', (_, query) => kiali.services(query)),
    route('clusters/apps', (_, query) => kiali.apps(query)),
    route('clusters/health', (_, query) => kiali.health(query)),
    route('clusters/tls', (_, query) => kiali.allTls(query)),
    route('istio/config', (_, query) => kiali.istioConfig(undefined, query)),
    route('istio/validations', (_, query) => kiali.validations(query)),
    route('istio/status', () => kiali.istioStatus()),
    route('mesh/tls', () => kiali.tls()),
    route('mesh/controlplanes', () => kiali.controlPlanes()),
  ];
}

function problem(status: number, error: string, detail?: string): HttpResponse {
  return textResponse(
    status,
    JSON.stringify({ error, ...(detail === undefined ? {} : { detail }) }),
    JSON_TYPE,
  );
}

function missing(): HttpResponse {
  return textResponse(404, '404 page not found\n', [['Content-Type', 'text/plain; charset=utf-8']]);
}
