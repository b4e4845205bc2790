// What nginx' phases share while they serve one request. Types alone.

import type { Clock } from '../../clock.ts';
import type { FileSystem } from '../../node/file-system.ts';
import type { HttpRequest } from '../../network/http.ts';
import type { Connection, NetworkNamespace } from '../../network/network.ts';
import type { Logs } from './logs.ts';
import type { Location, Model, ProxyPass } from './model.ts';
import type { ServerFacts } from './request.ts';
import type { Settings } from './settings.ts';
import type { PeerGroup } from './upstream.ts';

export interface ServeContext {
  model: Model;
  files: FileSystem;
  net: NetworkNamespace;
  clock: Clock;
  facts: ServerFacts;
  logs: Logs;
  groupOf(pass: ProxyPass): PeerGroup | undefined;
  /** For stub_status. */
  counts: { active: number; accepted: number; requests: number };
  /** True while nginx shuts down: connections are closed after their answer. */
  closing(): boolean;
}

export interface Arrival {
  http: HttpRequest;
  connection: Connection;
  connectionNumber: number;
  connectionRequests: number;
  ssl: boolean;
  gone: () => Promise<void>;
}

/** Where a request stands after its rewrites. */
export interface Place {
  location: Location;
  settings: Settings;
  proxy: ProxyPass | undefined;
}
