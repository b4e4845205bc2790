// What a request finds set where it ends up: the directives that http, server and location hand down to each other.
// A level that sets a list (headers, error pages, logs) replaces the list it inherits, as in nginx.

import type { Template } from './template.ts';

export interface AccessLog {
  path: string;
  format: Template;
  /** `if=`: logged unless it is empty or 0. */
  condition: Template | undefined;
}

export interface ErrorPage {
  status: number;
  /** `=200`, or `=` for whatever the page itself answers. */
  answer: number | 'page' | undefined;
  uri: Template;
}

export interface AddedHeader {
  name: string;
  value: Template;
  always: boolean;
}

export type LogLevel = 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit' | 'alert' | 'emerg';

export interface Settings {
  root: Template;
  index: readonly Template[];
  autoindex: boolean;
  types: ReadonlyMap<string, string>;
  defaultType: string;
  accessLogs: readonly AccessLog[];
  errorLog: { path: string; level: LogLevel };
  errorPages: readonly ErrorPage[];
  addedHeaders: readonly AddedHeader[];
  /** `expires`: seconds from now, or one of nginx' words. */
  expires: number | 'epoch' | 'max' | undefined;
  access: readonly { allow: boolean; from: string }[];
  substitutions: readonly { from: Template; to: Template }[];
  substituteOnce: boolean;
  substituteTypes: readonly string[];
  serverTokens: boolean;
  absoluteRedirect: boolean;
  portInRedirect: boolean;
  serverNameInRedirect: boolean;
  underscoresInHeaders: boolean;
  maxBodyBytes: number;
  keepaliveMs: number;
  keepaliveRequests: number;
  resolver: string | undefined;
  proxy: ProxySettings;
}

export interface ProxySettings {
  version: '1.0' | '1.1';
  headers: readonly { name: string; value: Template }[];
  method: Template | undefined;
  connectMs: number;
  readMs: number;
  sendMs: number;
  hide: readonly string[];
  pass: readonly string[];
  interceptErrors: boolean;
  ignoreClientAbort: boolean;
  nextOn: ReadonlySet<string>;
  nextTries: number;
  nextMs: number;
  redirect: 'default' | 'off' | { from: Template; to: Template };
}

/** nginx' own defaults. Since 1.29.7 it speaks HTTP/1.1 to upstreams and keeps connections. */
export function defaultSettings(speaksHttp11: boolean): Settings {
  return {
    root: () => '/etc/nginx/html',
    index: [() => 'index.html'],
    autoindex: false,
    types: new Map([
      ['html', 'text/html'],
      ['gif', 'image/gif'],
      ['jpg', 'image/jpeg'],
    ]),
    defaultType: 'text/plain',
    accessLogs: [],
    errorLog: { path: '/var/log/nginx/error.log', level: 'error' },
    errorPages: [],
    addedHeaders: [],
    expires: undefined,
    access: [],
    substitutions: [],
    substituteOnce: true,
    substituteTypes: ['text/html'],
    serverTokens: true,
    absoluteRedirect: true,
    portInRedirect: true,
    serverNameInRedirect: false,
    underscoresInHeaders: false,
    maxBodyBytes: 1024 * 1024,
    keepaliveMs: 75_000,
    keepaliveRequests: 1_000,
    resolver: undefined,
    proxy: {
      version: speaksHttp11 ? '1.1' : '1.0',
      headers: [],
      method: undefined,
      connectMs: 60_000,
      readMs: 60_000,
      sendMs: 60_000,
      hide: [],
      pass: [],
      interceptErrors: false,
      ignoreClientAbort: false,
      nextOn: new Set(['error', 'timeout']),
      nextTries: 0,
      nextMs: 0,
      redirect: 'default',
    },
  };
}
