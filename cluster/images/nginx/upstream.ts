// Groups of servers that nginx proxies to: who is in a group, whose turn it is, who is left alone after failures, and
// which connections wait to be used again. Source: nginx' upstream module as documented.

import type { Clock } from '../../clock.ts';
import type { Connection } from '../../network/network.ts';
import { canReuse } from '../../network/http-client.ts';
import { ConfigurationError, type Directive } from './configuration.ts';
import type { Scope } from './levels.ts';
import type { NginxRequest } from './request.ts';
import { type Template, compileTemplate, parseDuration } from './template.ts';

export interface Upstream {
  name: string;
  servers: readonly UpstreamServer[];
  method:
    | { kind: 'round robin' | 'least connections' | 'ip hash' | 'random' }
    | { kind: 'hash'; key: Template };
  keepalive: { connections: number | undefined; ms: number; requests: number };
}

export interface UpstreamServer {
  host: string;
  port: number;
  weight: number;
  maxFails: number;
  failMs: number;
  backup: boolean;
  down: boolean;
  at: Directive;
  /** As written, for error messages: `backend:8080`. */
  written: string;
}

/** nginx' defaults. */
const FAIL_MS = 10_000;
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_REQUESTS = 1_000;
/** Since 1.29.7 every upstream keeps that many idle connections of its own accord. */
const DEFAULT_KEEPALIVE = 32;

export function compileUpstream(line: Directive, scope: Scope): Upstream {
  const lines = line.block ?? [];
  const servers = lines.filter(({ name }) => name === 'server').map(compileServer);
  if (servers.length === 0) throw new ConfigurationError('no servers are inside upstream', line);
  const hash = lines.find(({ name }) => name === 'hash');
  const kept = lines.find(({ name }) => name === 'keepalive');
  const ms = lines.find(({ name }) => name === 'keepalive_timeout');
  const requests = lines.find(({ name }) => name === 'keepalive_requests');
  const has = (name: string) => lines.some((one) => one.name === name);
  return {
    name: line.args[0] ?? '',
    servers,
    method: hash
      ? { kind: 'hash', key: compileTemplate(hash.args[0] ?? '', scope.isKnown, hash) }
      : {
          kind: has('least_conn')
            ? 'least connections'
            : has('ip_hash')
              ? 'ip hash'
              : has('random')
                ? 'random'
                : 'round robin',
        },
    keepalive: {
      connections: kept && Number(kept.args[0]),
      ms: ms ? parseDuration(ms.args[0] ?? '', ms) : KEEPALIVE_MS,
      requests: requests ? Number(requests.args[0]) : KEEPALIVE_REQUESTS,
    },
  };
}

/** The group that a `proxy_pass` to a plain host makes. */
export function implicitUpstream(host: string, port: number, at: Directive): Upstream {
  return {
    name: host,
    servers: [{ ...serverDefaults, host, port, at, written: host }],
    method: { kind: 'round robin' },
    keepalive: { connections: undefined, ms: KEEPALIVE_MS, requests: KEEPALIVE_REQUESTS },
  };
}

const serverDefaults = { weight: 1, maxFails: 1, failMs: FAIL_MS, backup: false, down: false };

function compileServer(line: Directive): UpstreamServer {
  const [written = '', ...options] = line.args;
  const match = /^([^:]+)(?::(\d+))?$/.exec(written);
  if (!match) throw new ConfigurationError(`invalid host in upstream "${written}"`, line);
  const server: UpstreamServer = {
    ...serverDefaults,
    host: match[1] ?? '',
    port: Number(match[2] ?? 80),
    at: line,
    written,
  };
  for (const option of options) applyOption(server, option, line);
  return server;
}

function applyOption(server: UpstreamServer, option: string, line: Directive): void {
  const [name = '', value = ''] = option.split('=');
  switch (name) {
    case 'weight':
      server.weight = Number(value);
      break;
    case 'max_fails':
      server.maxFails = Number(value);
      break;
    case 'fail_timeout':
      server.failMs = parseDuration(value, line);
      break;
    case 'backup':
      server.backup = true;
      break;
    case 'down':
      server.down = true;
      break;
    case 'max_conns':
    case 'slow_start':
    case 'resolve':
    case 'route':
    case 'drain':
      break;
    default:
      throw new ConfigurationError(`invalid parameter "${option}"`, line);
  }
  if (Number.isNaN(server.weight) || Number.isNaN(server.maxFails))
    throw new ConfigurationError(`invalid parameter "${option}"`, line);
}

/** One address of a server. */
export interface Peer {
  readonly ip: string;
  readonly port: number;
  readonly server: Pick<UpstreamServer, 'weight' | 'maxFails' | 'failMs' | 'backup' | 'down'>;
  /** Smooth weighted round robin's running weight. */
  current: number;
  fails: number;
  failedAt: number;
  active: number;
}

export function peerOf(ip: string, port: number, server: Peer['server'] = serverDefaults): Peer {
  return { ip, port, server, current: 0, fails: 0, failedAt: 0, active: 0 };
}

/** The state of a group while nginx runs. */
export class PeerGroup {
  readonly upstream: Upstream;
  readonly peers: readonly Peer[];
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #idle: { connection: Connection; peer: Peer; until: number; requests: number }[] = [];
  readonly #uses = new WeakMap<Connection, number>();
  readonly #keep: number;

  constructor(
    upstream: Upstream,
    peers: readonly Peer[],
    options: { clock: Clock; random: () => number; keepsByDefault: boolean },
  ) {
    this.upstream = upstream;
    this.peers = peers;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#keep = upstream.keepalive.connections ?? (options.keepsByDefault ? DEFAULT_KEEPALIVE : 0);
  }

  /** Who takes the request, leaving out those already tried; undefined when nobody is live. */
  pick(request: NginxRequest, tried: ReadonlySet<Peer>): Peer | undefined {
    const usable = this.peers.filter((peer) => !tried.has(peer) && this.#isLive(peer));
    const first = usable.filter(({ server }) => !server.backup);
    const pool = first.length > 0 ? first : usable;
    if (pool.length <= 1) return pool[0];
    const { method } = this.upstream;
    switch (method.kind) {
      case 'round robin':
        return roundRobin(pool);
      case 'least connections':
        return roundRobin(leastBusy(pool));
      case 'random':
        return pool[Math.floor(this.#random() * pool.length)];
      case 'ip hash':
        return pool[hashOf(request.connection.remote.ip.replace(/\.\d+$/, '')) % pool.length];
      case 'hash':
        return pool[hashOf(method.key(request)) % pool.length];
    }
  }

  failed(peer: Peer): void {
    peer.fails++;
    peer.failedAt = this.#clock.now();
  }

  succeeded(peer: Peer): void {
    peer.fails = 0;
  }

  /** A kept connection to the peer, if there is one. */
  reuse(peer: Peer): Connection | undefined {
    this.#dropStale();
    const at = this.#idle.findIndex((kept) => kept.peer === peer);
    return at === -1 ? undefined : this.#idle.splice(at, 1)[0]?.connection;
  }

  /** Keeps a connection for the next request, or closes it when it cannot serve one or there are enough. */
  keep(connection: Connection, peer: Peer): void {
    const uses = (this.#uses.get(connection) ?? 0) + 1;
    this.#uses.set(connection, uses);
    const { ms, requests } = this.upstream.keepalive;
    if (this.#keep === 0 || uses >= requests || !canReuse(connection)) return connection.close();
    this.#idle.push({ connection, peer, until: this.#clock.now() + ms, requests: uses });
    if (this.#idle.length > this.#keep) this.#idle.shift()?.connection.close();
  }

  close(): void {
    for (const { connection } of this.#idle.splice(0)) connection.close();
  }

  #dropStale(): void {
    const now = this.#clock.now();
    while (this.#idle[0] && this.#idle[0].until <= now) this.#idle.shift()?.connection.close();
  }

  #isLive({ server, fails, failedAt }: Peer): boolean {
    if (server.down) return false;
    // A group of one is always tried.
    if (this.peers.length === 1 || server.maxFails === 0 || fails < server.maxFails) return true;
    return this.#clock.now() - failedAt > server.failMs;
  }
}

/** nginx' smooth weighted round robin: weights 5, 1, 1 give a a b a c a a. */
function roundRobin(pool: readonly Peer[]): Peer | undefined {
  let best: Peer | undefined;
  let total = 0;
  for (const peer of pool) {
    peer.current += peer.server.weight;
    total += peer.server.weight;
    if (!best || peer.current > best.current) best = peer;
  }
  if (best) best.current -= total;
  return best;
}

function leastBusy(pool: readonly Peer[]): Peer[] {
  const load = ({ active, server }: Peer) => active / server.weight;
  const least = Math.min(...pool.map(load));
  return pool.filter((peer) => load(peer) === least);
}

/** FNV-1a: any even hash will do. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
