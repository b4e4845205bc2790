// The last lines that some pods' containers printed, followed through the API. Knows nothing of checks.

import { ApiStatusError, type ApiServer } from './api-server.ts';
import { Backoff } from './backoff.ts';
import { type ListObserver, type WatchedObject, WatchedList } from './watched-list.ts';

export interface LogQuery {
  /** A pod's name, or a label selector if it has a `=`, `!` or a space. */
  log: string;
  namespace: string;
  /** Default: the pod's default container. */
  container?: string;
  /** Lines kept, of all pods together. */
  lines: number;
}

interface Followed {
  stop: AbortController;
  lines: string[];
}

export class LogTail {
  readonly #api: ApiServer;
  readonly #query: LogQuery;
  readonly #observer: ListObserver;
  readonly #pods: WatchedList;
  /** By pod uid and container start: a restarted container's log begins anew. */
  readonly #followed = new Map<string, Followed>();
  #known = false;

  constructor(api: ApiServer, query: LogQuery, observer: ListObserver) {
    this.#api = api;
    this.#query = query;
    this.#observer = observer;
    const which = /[=! ]/.test(query.log)
      ? { labels: query.log }
      : { fields: `metadata.name=${query.log}` };
    this.#pods = new WatchedList(
      api,
      { apiVersion: 'v1', kind: 'Pod', namespace: query.namespace, ...which },
      { changed: () => this.#podsChanged(), lost: (error) => observer.lost(error) },
    );
  }

  /** The last lines, newest last; undefined until it is known which pods there are. Pods that are gone take theirs along. */
  get lines(): readonly string[] | undefined {
    if (!this.#known) return undefined;
    return [...this.#followed.values()].flatMap(({ lines }) => lines).slice(-this.#query.lines);
  }

  close(): void {
    this.#pods.close();
    for (const { stop } of this.#followed.values()) stop.abort();
    this.#followed.clear();
  }

  #podsChanged(): void {
    this.#known = true;
    const wanted = new Map<string, { pod: string; container: string }>();
    for (const pod of this.#pods.items ?? []) {
      const container = this.#query.container ?? defaultContainer(pod);
      const started = container && startOf(pod, container);
      if (started)
        wanted.set(`${pod.metadata.uid} ${started}`, { pod: pod.metadata.name, container });
    }
    for (const [key, { stop }] of this.#followed) {
      if (wanted.has(key)) continue;
      stop.abort();
      this.#followed.delete(key);
    }
    for (const [key, { pod, container }] of wanted) {
      if (!this.#followed.has(key)) this.#follow(key, pod, container);
    }
    this.#observer.changed();
  }

  #follow(key: string, pod: string, container: string): void {
    const followed: Followed = { stop: new AbortController(), lines: [] };
    this.#followed.set(key, followed);
    void this.#read(followed, pod, container);
  }

  async #read(followed: Followed, pod: string, container: string): Promise<void> {
    const { namespace, lines: kept } = this.#query;
    const query = new URLSearchParams({ follow: 'true', tailLines: String(kept), container });
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`;
    const backoff = new Backoff(followed.stop.signal);
    const onLine = (line: string) => {
      followed.lines.push(line);
      if (followed.lines.length > kept) followed.lines.shift();
      this.#observer.changed();
    };
    while (!followed.stop.signal.aborted) {
      try {
        followed.lines.length = 0;
        await this.#api.lines(path, onLine, followed.stop.signal);
        return; // The container has ended: its log is complete.
      } catch (error) {
        if (followed.stop.signal.aborted) return;
        if (!(error instanceof Error)) throw error;
        // Gone between the list and the question: the watch will say so.
        if (error instanceof ApiStatusError && error.status === 404) return;
        await backoff.wait();
      }
    }
  }
}

interface ContainerStatus {
  name: string;
  state?: { running?: { startedAt: string }; terminated?: { startedAt: string } };
}

function defaultContainer(pod: WatchedObject): string | undefined {
  const { annotations } = pod.metadata as { annotations?: Record<string, string> };
  const { containers } = pod['spec'] as { containers: { name: string }[] };
  return annotations?.['kubectl.kubernetes.io/default-container'] ?? containers[0]?.name;
}

/** When the container's present life began; undefined while it waits. */
function startOf(pod: WatchedObject, container: string): string | undefined {
  const { containerStatuses } = (pod['status'] ?? {}) as { containerStatuses?: ContainerStatus[] };
  const state = containerStatuses?.find(({ name }) => name === container)?.state;
  return state?.running?.startedAt ?? state?.terminated?.startedAt;
}
