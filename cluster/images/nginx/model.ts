// A configuration as nginx acts on it: servers by address and name, locations, upstreams. Made once when it is read.

import { ConfigurationError, type Directive } from './configuration.ts';
import { checkDirectives } from './directives.ts';
import type { NginxRequest } from './request.ts';
import { isBuiltIn } from './request.ts';
import {
  type RewriteStep,
  type Scope,
  applySetting,
  compileRewrites,
  compileTryFiles,
  type TryFiles,
} from './levels.ts';
import { type LogLevel, type Settings, defaultSettings } from './settings.ts';
import { type Template, compileRegex, compileTemplate, hasVariables } from './template.ts';
import { type Upstream, compileUpstream, implicitUpstream } from './upstream.ts';

export interface Model {
  servers: readonly Server[];
  upstreams: readonly Upstream[];
  maps: ReadonlyMap<string, Template>;
  errorLog: { path: string; level: LogLevel };
  workers: number | 'auto';
  pidFile: string;
  /** Read and understood, but without effect in this cluster. */
  ignored: readonly Directive[];
}

export interface Listen {
  /** `0.0.0.0` for all addresses. */
  ip: string;
  port: number;
  ssl: boolean;
  isDefault: boolean;
  at: Directive;
}

export interface Server {
  listens: readonly Listen[];
  names: readonly ServerName[];
  /** The first name: `$server_name`. */
  name: string;
  settings: Settings;
  rewrites: readonly RewriteStep[];
  locations: readonly Location[];
  named: ReadonlyMap<string, Location>;
  /** What serves a path that no location matches. */
  fallback: Location;
}

export type ServerName =
  | { kind: 'exact'; text: string }
  /** `*.example.com` */
  | { kind: 'suffix'; text: string }
  /** `www.example.*` */
  | { kind: 'prefix'; text: string }
  | { kind: 'regex'; regex: RegExp };

export interface Location {
  kind: 'exact' | 'prefix' | 'preferred' | 'regex' | 'named';
  text: string;
  regex: RegExp | undefined;
  settings: Settings;
  rewrites: readonly RewriteStep[];
  internal: boolean;
  alias: Template | undefined;
  tryFiles: TryFiles | undefined;
  proxy: ProxyPass | undefined;
  stubStatus: boolean;
  locations: readonly Location[];
}

export interface ProxyPass {
  /** Where to: decided when the configuration is read, or for each request when the URL has variables. */
  target: { kind: 'upstream'; upstream: Upstream } | { kind: 'computed'; url: Template };
  /** `https://`: nginx offers TLS, which nobody in this cluster speaks. */
  secure: boolean;
  /** What `$proxy_host` says: `backend`, `backend:8080`. */
  host: string;
  port: string;
  /** Replaces the matched part of the path; undefined passes the path as it came. */
  uri: string | undefined;
}

export interface CompileOptions {
  speaksHttp11: boolean;
}

/** Throws ConfigurationError with nginx' words. */
export function compileModel(directives: readonly Directive[], options: CompileOptions): Model {
  const ignored = checkDirectives(directives);
  const scope = scopeOf(directives);
  const base = defaultSettings(options.speaksHttp11);
  for (const directive of directives) applySetting(base, directive, scope, new Set());
  const http = directives.find(({ name }) => name === 'http');
  const lines = http?.block ?? [];
  const settings = settingsOf(base, lines, scope);
  if (!lines.some(({ name }) => name === 'access_log'))
    settings.accessLogs = [
      {
        path: '/var/log/nginx/access.log',
        format: scope.formats.get('combined') ?? (() => ''),
        condition: undefined,
      },
    ];
  for (const line of lines)
    if (line.name === 'upstream')
      scope.upstreams.set(line.args[0] ?? '', compileUpstream(line, scope));
  const servers = lines
    .filter(({ name }) => name === 'server')
    .map((line) => compileServer(line, settings, scope));
  checkDefaults(servers);
  return {
    servers,
    upstreams: [...scope.upstreams.values()],
    maps: scope.maps,
    errorLog: base.errorLog,
    workers: workersOf(directives),
    pidFile: directives.find(({ name }) => name === 'pid')?.args[0] ?? '/run/nginx.pid',
    ignored,
  };
}

function workersOf(directives: readonly Directive[]): number | 'auto' {
  const line = directives.find(({ name }) => name === 'worker_processes');
  const text = line?.args[0];
  if (line && text !== 'auto' && !/^[1-9]\d*$/.test(text ?? ''))
    throw new ConfigurationError(`invalid value "${text ?? ''}"`, line);
  return text === 'auto' ? 'auto' : Number(text ?? 1);
}

/** Names known anywhere in the configuration: a variable may be used before the line that sets it. */
function scopeOf(directives: readonly Directive[]): Scope {
  const variables = new Set<string>();
  collectVariables(directives, variables);
  const isKnown = (name: string) => variables.has(name) || isBuiltIn(name);
  const scope: Scope = {
    isKnown,
    formats: new Map(),
    maps: new Map(),
    upstreams: new Map(),
    proxyPass: (directive) => compileProxyPass(directive, scope),
  };
  const http = directives.find(({ name }) => name === 'http');
  const combined: Directive = { name: 'log_format', args: [], file: '', line: 0 };
  scope.formats.set('combined', compileTemplate(COMBINED_FORMAT, isKnown, combined, '-'));
  for (const line of http?.block ?? []) {
    if (line.name === 'log_format') addFormat(line, scope);
    if (line.name === 'map')
      scope.maps.set(variableName(line.args[1], line), compileMap(line, scope));
  }
  return scope;
}

const COMBINED_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

function addFormat(line: Directive, scope: Scope): void {
  const [name = '', ...parts] = line.args;
  // `escape=json` matters for quotes inside values alone, which the commands of the course never send.
  if (parts[0]?.startsWith('escape=')) parts.shift();
  scope.formats.set(name, compileTemplate(parts.join(''), scope.isKnown, line, '-'));
}

function collectVariables(directives: readonly Directive[], names: Set<string>): void {
  for (const { name, args, block } of directives) {
    if (name === 'set') names.add((args[0] ?? '').replace(/^\$/, '').toLowerCase());
    if (name === 'map' || name === 'geo' || name === 'split_clients')
      names.add((args.at(-1) ?? '').replace(/^\$/, '').toLowerCase());
    for (const arg of args)
      for (const [, group = ''] of arg.matchAll(/\(\?P?<(\w+)>/g)) names.add(group.toLowerCase());
    if (block && name !== 'map' && name !== 'types') collectVariables(block, names);
  }
}

function variableName(text: string | undefined, at: Directive): string {
  if (!text?.startsWith('$'))
    throw new ConfigurationError(`invalid variable name "${text ?? ''}"`, at);
  return text.slice(1).toLowerCase();
}

function compileMap(line: Directive, scope: Scope): Template {
  const source = compileTemplate(line.args[0] ?? '', scope.isKnown, line);
  const exact = new Map<string, Template>();
  const regexes: { regex: RegExp; value: Template }[] = [];
  let otherwise: Template = () => '';
  for (const { name, args, file, line: number } of line.block ?? []) {
    const at = { name, args, file, line: number };
    if (['hostnames', 'volatile'].includes(name)) continue;
    if (args.length !== 1) throw new ConfigurationError('invalid number of the map parameters', at);
    const value = compileTemplate(args[0] ?? '', scope.isKnown, at);
    if (name === 'default') otherwise = value;
    else if (name.startsWith('~*'))
      regexes.push({ regex: compileRegex(name.slice(2), true, at), value });
    else if (name.startsWith('~'))
      regexes.push({ regex: compileRegex(name.slice(1), false, at), value });
    else exact.set(name.replace(/^\\/, '').toLowerCase(), value);
  }
  return (request) => {
    const text = source(request);
    const found = exact.get(text.toLowerCase());
    if (found) return found(request);
    for (const { regex, value } of regexes) {
      const match = regex.exec(text);
      if (match) {
        remember(request, match);
        return value(request);
      }
    }
    return otherwise(request);
  };
}

/** Groups of a match become `$1` … and `$name`. */
export function remember(request: NginxRequest, match: RegExpExecArray): void {
  request.captures = match.map((group) => group ?? '');
  for (const [name, value] of Object.entries(match.groups ?? {}))
    request.variables.set(name.toLowerCase(), value ?? '');
}

function compileServer(line: Directive, parent: Settings, scope: Scope): Server {
  const lines = line.block ?? [];
  const settings = settingsOf(parent, lines, scope);
  const listens = lines.filter(({ name }) => name === 'listen').flatMap(compileListen);
  if (!lines.some(({ name }) => name === 'listen'))
    listens.push({ ip: '0.0.0.0', port: 80, ssl: false, isDefault: false, at: line });
  const texts = lines.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args);
  const at = lines.find(({ name }) => name === 'server_name') ?? line;
  const names = (texts.length > 0 ? texts : ['']).map((text) => compileName(text, at));
  const all = compileLocations(lines, settings, scope);
  return {
    listens,
    names,
    name: texts[0] ?? '',
    settings,
    rewrites: compileRewrites(lines, scope, settings),
    locations: all.filter(({ kind }) => kind !== 'named'),
    named: new Map(all.filter(({ kind }) => kind === 'named').map((one) => [one.text, one])),
    fallback: {
      ...location('prefix', '', settings),
      tryFiles: compileTryFiles(lines, scope),
      stubStatus: lines.some(({ name }) => name === 'stub_status'),
    },
  };
}

function settingsOf(parent: Settings, lines: readonly Directive[], scope: Scope): Settings {
  const settings: Settings = { ...parent, proxy: { ...parent.proxy } };
  const replaced = new Set<string>();
  for (const line of lines) applySetting(settings, line, scope, replaced);
  return settings;
}

function compileListen(at: Directive): Listen[] {
  const [address = '', ...options] = at.args;
  if (address.startsWith('unix:')) return [];
  const match = /^(?:(\*|\d+\.\d+\.\d+\.\d+|localhost|\[[0-9a-fA-F:]*\]):)?(\d+)$/.exec(address);
  const bare = /^(\d+\.\d+\.\d+\.\d+|localhost|\[[0-9a-fA-F:]+\])$/.exec(address);
  const port = bare ? 80 : Number(match?.[2] ?? Number.NaN);
  const host = bare?.[1] ?? match?.[1] ?? '*';
  if (!match && !bare)
    throw new ConfigurationError(
      /^[^:]+$/.test(address)
        ? `host not found in "${address}" of the "listen" directive`
        : `invalid port in "${address}" of the "listen" directive`,
      at,
    );
  if (!(port >= 1 && port <= 65_535))
    throw new ConfigurationError(`invalid port in "${address}" of the "listen" directive`, at);
  for (const option of options)
    if (
      !/^(default_server|default|ssl|http2|quic|proxy_protocol|bind|reuseport|deferred|\w+=.+)$/.test(
        option,
      )
    )
      throw new ConfigurationError(`invalid parameter "${option}"`, at);
  // There is no IPv6 in this cluster: such a listener is there and nobody comes.
  if (host.startsWith('[')) return [];
  const ip = host === '*' ? '0.0.0.0' : host === 'localhost' ? '127.0.0.1' : host;
  const isDefault = options.includes('default_server') || options.includes('default');
  return [{ ip, port, ssl: options.includes('ssl'), isDefault, at }];
}

function compileName(text: string, at: Directive): ServerName {
  const lower = text.toLowerCase();
  if (text.startsWith('~')) return { kind: 'regex', regex: compileRegex(text.slice(1), true, at) };
  if (lower.startsWith('*.')) return { kind: 'suffix', text: lower.slice(1) };
  if (lower.startsWith('.')) return { kind: 'suffix', text: lower };
  if (lower.endsWith('.*')) return { kind: 'prefix', text: lower.slice(0, -1) };
  return { kind: 'exact', text: lower };
}

/** Two servers may not both be the default of one address. */
function checkDefaults(servers: readonly Server[]): void {
  const defaults = new Set<string>();
  for (const { listens } of servers)
    for (const { ip, port, isDefault, at } of listens) {
      if (!isDefault) continue;
      const address = `${ip}:${port}`;
      if (defaults.has(address))
        throw new ConfigurationError(`a duplicate default server for ${address}`, at);
      defaults.add(address);
    }
}

function location(kind: Location['kind'], text: string, settings: Settings): Location {
  return {
    kind,
    text,
    regex: undefined,
    settings,
    rewrites: [],
    internal: false,
    alias: undefined,
    tryFiles: undefined,
    proxy: undefined,
    stubStatus: false,
    locations: [],
  };
}

function compileLocations(lines: readonly Directive[], parent: Settings, scope: Scope): Location[] {
  const seen = new Set<string>();
  return lines
    .filter(({ name }) => name === 'location')
    .map((line) => {
      const compiled = compileLocation(line, parent, scope);
      const key = `${compiled.kind === 'exact' ? '=' : ''}${compiled.text}`;
      if (compiled.kind !== 'regex' && seen.has(key))
        throw new ConfigurationError(`duplicate location "${compiled.text}"`, line);
      seen.add(key);
      return compiled;
    });
}

const MODIFIERS: Readonly<Record<string, Location['kind']>> = {
  '=': 'exact',
  '^~': 'preferred',
  '~': 'regex',
  '~*': 'regex',
};

function compileLocation(line: Directive, parent: Settings, scope: Scope): Location {
  const { modifier, text } = locationWords(line);
  const kind = text.startsWith('@') ? 'named' : modifier ? MODIFIERS[modifier] : 'prefix';
  if (!kind) throw new ConfigurationError(`invalid location modifier "${modifier ?? ''}"`, line);
  const lines = line.block ?? [];
  const settings = settingsOf(parent, lines, scope);
  const alias = lines.find(({ name }) => name === 'alias');
  const pass = lines.find(({ name }) => name === 'proxy_pass');
  const proxy = pass && scope.proxyPass(pass);
  if (proxy?.uri !== undefined && (kind === 'regex' || kind === 'named'))
    throw new ConfigurationError(
      '"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, or inside "if" statement, or inside "limit_except" block',
      pass,
    );
  return {
    ...location(kind, text, settings),
    regex: kind === 'regex' ? compileRegex(text, modifier === '~*', line) : undefined,
    rewrites: compileRewrites(lines, scope, settings),
    internal: lines.some(({ name }) => name === 'internal'),
    alias: alias && compileTemplate(alias.args[0] ?? '', scope.isKnown, alias),
    tryFiles: compileTryFiles(lines, scope),
    proxy,
    stubStatus: lines.some(({ name }) => name === 'stub_status'),
    locations: compileLocations(lines, settings, scope),
  };
}

/** `location = /x`, `location =/x`, `location ~* \.php$`. */
function locationWords({ args }: Directive): { modifier: string | undefined; text: string } {
  const [first = '', second] = args;
  if (second !== undefined) return { modifier: first, text: second };
  const glued = /^(=|\^~|~\*|~)(.+)$/.exec(first);
  return glued
    ? { modifier: glued[1], text: glued[2] ?? '' }
    : { modifier: undefined, text: first };
}

function compileProxyPass(line: Directive, scope: Scope): ProxyPass {
  const url = line.args[0] ?? '';
  if (hasVariables(url))
    return {
      target: { kind: 'computed', url: compileTemplate(url, scope.isKnown, line) },
      secure: false,
      host: '',
      port: '',
      uri: undefined,
    };
  const match = /^(https?):\/\/([^/?#:]+|\[[^\]]+\])(?::(\d+))?(\/.*|\?.*)?$/i.exec(url);
  if (!match) {
    throw new ConfigurationError(
      /^https?:\/\//i.test(url) ? `invalid host in upstream "${url}"` : 'invalid URL prefix',
      line,
    );
  }
  const [, scheme = 'http', host = '', port, uri] = match;
  const known = scope.upstreams.get(host);
  const usual = scheme.toLowerCase() === 'https' ? 443 : 80;
  const key = `${host}:${port ?? usual}`;
  const upstream =
    (port === undefined ? known : undefined) ??
    scope.upstreams.get(key) ??
    implicitUpstream(host, Number(port ?? usual), line);
  if (upstream !== known) scope.upstreams.set(key, upstream);
  return {
    target: { kind: 'upstream', upstream },
    secure: usual === 443,
    host: port === undefined ? host : `${host}:${port}`,
    port: port ?? String(usual),
    uri,
  };
}
