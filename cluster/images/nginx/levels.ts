// What single directives set at one level, and the steps of the rewrite module. Used by model.ts for every level alike.

import { ConfigurationError, type Directive } from './configuration.ts';
import type { ProxyPass } from './model.ts';
import type { ErrorPage, LogLevel, Settings } from './settings.ts';
import {
  type Template,
  compileRegex,
  compileTemplate,
  parseDuration,
  parseFlag,
  parseSize,
} from './template.ts';
import type { Upstream } from './upstream.ts';

/** What the whole configuration knows by name. */
export interface Scope {
  isKnown: (name: string) => boolean;
  formats: Map<string, Template>;
  maps: Map<string, Template>;
  upstreams: Map<string, Upstream>;
  proxyPass(directive: Directive): ProxyPass;
}

type Apply = (settings: Settings, args: readonly string[], at: Directive, scope: Scope) => void;

const template = (text: string | undefined, at: Directive, scope: Scope) =>
  compileTemplate(text ?? '', scope.isKnown, at);

const LEVELS: readonly LogLevel[] = [
  'debug',
  'info',
  'notice',
  'warn',
  'error',
  'crit',
  'alert',
  'emerg',
];

/** Directives that hold one value: the last one of a level counts. */
const single: Readonly<Record<string, Apply>> = {
  root: (settings, [path], at, scope) => (settings.root = template(path, at, scope)),
  default_type: (settings, [type = '']) => (settings.defaultType = type),
  autoindex: (settings, [flag], at) => (settings.autoindex = parseFlag(flag, at)),
  sub_filter_once: (settings, [flag], at) => (settings.substituteOnce = parseFlag(flag, at)),
  sub_filter_types: (settings, types) => (settings.substituteTypes = ['text/html', ...types]),
  server_tokens: (settings, [flag], at) => (settings.serverTokens = parseFlag(flag, at)),
  absolute_redirect: (settings, [flag], at) => (settings.absoluteRedirect = parseFlag(flag, at)),
  port_in_redirect: (settings, [flag], at) => (settings.portInRedirect = parseFlag(flag, at)),
  server_name_in_redirect: (settings, [flag], at) =>
    (settings.serverNameInRedirect = parseFlag(flag, at)),
  underscores_in_headers: (settings, [flag], at) =>
    (settings.underscoresInHeaders = parseFlag(flag, at)),
  client_max_body_size: (settings, [size = ''], at) => {
    const bytes = parseSize(size, at);
    settings.maxBodyBytes = bytes === 0 ? Infinity : bytes;
  },
  keepalive_timeout: (settings, [time = ''], at) =>
    (settings.keepaliveMs = parseDuration(time, at)),
  keepalive_requests: (settings, [count]) => (settings.keepaliveRequests = Number(count)),
  resolver: (settings, [address]) => (settings.resolver = address),
  expires: (settings, args, at) => (settings.expires = parseExpires(args, at)),
  error_log: (settings, [path = '', level = 'error'], at) => {
    const known = LEVELS.find((name) => name === level);
    if (!known) throw new ConfigurationError(`invalid log level "${level}"`, at);
    settings.errorLog = { path: path === 'stderr' ? '/dev/stderr' : path, level: known };
  },
  types: (settings, _args, at) => {
    settings.types = new Map(
      (at.block ?? []).flatMap(({ name, args }) => args.map((extension) => [extension, name])),
    );
  },
  index: (settings, names, at, scope) =>
    (settings.index = names.map((name) => template(name, at, scope))),
  proxy_http_version: ({ proxy }, [version], at) => {
    if (version !== '1.0' && version !== '1.1')
      throw new ConfigurationError(`invalid value "${version ?? ''}"`, at);
    proxy.version = version;
  },
  proxy_method: ({ proxy }, [method], at, scope) => (proxy.method = template(method, at, scope)),
  proxy_connect_timeout: ({ proxy }, [time = ''], at) =>
    (proxy.connectMs = parseDuration(time, at)),
  proxy_read_timeout: ({ proxy }, [time = ''], at) => (proxy.readMs = parseDuration(time, at)),
  proxy_send_timeout: ({ proxy }, [time = ''], at) => (proxy.sendMs = parseDuration(time, at)),
  proxy_intercept_errors: ({ proxy }, [flag], at) => (proxy.interceptErrors = parseFlag(flag, at)),
  proxy_ignore_client_abort: ({ proxy }, [flag], at) =>
    (proxy.ignoreClientAbort = parseFlag(flag, at)),
  proxy_next_upstream: ({ proxy }, conditions) => (proxy.nextOn = new Set(conditions)),
  proxy_next_upstream_tries: ({ proxy }, [count]) => (proxy.nextTries = Number(count)),
  proxy_next_upstream_timeout: ({ proxy }, [time = ''], at) =>
    (proxy.nextMs = parseDuration(time, at)),
  proxy_redirect: ({ proxy }, [from = '', to], at, scope) => {
    if (from === 'off' || from === 'default') proxy.redirect = from;
    else proxy.redirect = { from: template(from, at, scope), to: template(to, at, scope) };
  },
};

interface ListDirective {
  clear(settings: Settings): void;
  apply: Apply;
}

/** Directives that make a list: the first of a level forgets what was inherited. */
const lists: Readonly<Record<string, ListDirective>> = {
  access_log: {
    clear: (settings) => (settings.accessLogs = []),
    apply: (settings, args, at, scope) => addAccessLog(settings, args, at, scope),
  },
  error_page: {
    clear: (settings) => (settings.errorPages = []),
    apply: (settings, args, at, scope) => addErrorPages(settings, args, at, scope),
  },
  add_header: {
    clear: (settings) => (settings.addedHeaders = []),
    apply: (settings, [name = '', value, always], at, scope) => {
      if (always !== undefined && always !== 'always')
        throw new ConfigurationError(`invalid parameter "${always}"`, at);
      const header = { name, value: template(value, at, scope), always: always === 'always' };
      settings.addedHeaders = [...settings.addedHeaders, header];
    },
  },
  access: {
    clear: (settings) => (settings.access = []),
    apply: (settings, [from = ''], { name }) =>
      (settings.access = [...settings.access, { allow: name === 'allow', from }]),
  },
  sub_filter: {
    clear: (settings) => (settings.substitutions = []),
    apply: (settings, [from, to], at, scope) => {
      const one = { from: template(from, at, scope), to: template(to, at, scope) };
      settings.substitutions = [...settings.substitutions, one];
    },
  },
  proxy_set_header: {
    clear: ({ proxy }) => (proxy.headers = []),
    apply: ({ proxy }, [name = '', value], at, scope) =>
      (proxy.headers = [...proxy.headers, { name, value: template(value, at, scope) }]),
  },
  proxy_hide_header: {
    clear: ({ proxy }) => (proxy.hide = []),
    apply: ({ proxy }, [name = '']) => (proxy.hide = [...proxy.hide, name.toLowerCase()]),
  },
  proxy_pass_header: {
    clear: ({ proxy }) => (proxy.pass = []),
    apply: ({ proxy }, [name = '']) => (proxy.pass = [...proxy.pass, name.toLowerCase()]),
  },
};

/** @param replaced the lists this level has begun anew. */
export function applySetting(
  settings: Settings,
  directive: Directive,
  scope: Scope,
  replaced: Set<string>,
): void {
  const { name, args } = directive;
  single[name]?.(settings, args, directive, scope);
  const listName = name === 'allow' || name === 'deny' ? 'access' : name;
  const list = lists[listName];
  if (!list) return;
  if (!replaced.has(listName)) list.clear(settings);
  replaced.add(listName);
  list.apply(settings, args, directive, scope);
}

function addAccessLog(
  settings: Settings,
  [path = '', ...rest]: readonly string[],
  at: Directive,
  scope: Scope,
): void {
  if (path === 'off') {
    settings.accessLogs = [];
    return;
  }
  const named = rest[0]?.includes('=') ? undefined : rest[0];
  const format = scope.formats.get(named ?? 'combined');
  if (!format) throw new ConfigurationError(`unknown log format "${named ?? ''}"`, at);
  const condition = rest.find((word) => word.startsWith('if='))?.slice(3);
  settings.accessLogs = [
    ...settings.accessLogs,
    {
      path,
      format,
      condition: condition === undefined ? undefined : template(condition, at, scope),
    },
  ];
}

function addErrorPages(
  settings: Settings,
  args: readonly string[],
  at: Directive,
  scope: Scope,
): void {
  const words = [...args];
  const uri = template(words.pop(), at, scope);
  const overwrite = words.at(-1)?.startsWith('=') ? words.pop() : undefined;
  const answer: ErrorPage['answer'] =
    overwrite === undefined ? undefined : overwrite === '=' ? 'page' : Number(overwrite.slice(1));
  const pages = words.map((word) => {
    const status = Number(word);
    if (!(status >= 300 && status <= 599))
      throw new ConfigurationError(`value "${word}" must be between 300 and 599`, at);
    return { status, answer, uri };
  });
  settings.errorPages = [...settings.errorPages, ...pages];
}

function parseExpires(args: readonly string[], at: Directive): Settings['expires'] {
  const text = args.at(-1) ?? '';
  if (text === 'off') return undefined;
  if (text === 'epoch' || text === 'max') return text;
  return text.startsWith('-')
    ? -parseDuration(text.slice(1), at) / 1000
    : parseDuration(text, at) / 1000;
}

export interface TryFiles {
  candidates: readonly Template[];
  last: { kind: 'status'; status: number } | { kind: 'uri'; uri: Template };
}

export function compileTryFiles(lines: readonly Directive[], scope: Scope): TryFiles | undefined {
  const line = lines.find(({ name }) => name === 'try_files');
  if (!line) return undefined;
  const last = line.args.at(-1) ?? '';
  return {
    candidates: line.args.slice(0, -1).map((word) => template(word, line, scope)),
    last: /^=\d{3}$/.test(last)
      ? { kind: 'status', status: Number(last.slice(1)) }
      : { kind: 'uri', uri: template(last, line, scope) },
  };
}

export type RewriteStep =
  | { kind: 'return'; status: number; text: Template | undefined }
  | {
      kind: 'rewrite';
      regex: RegExp;
      to: Template;
      flag: 'last' | 'break' | 'redirect' | 'permanent' | undefined;
      /** A final `?` keeps the old arguments away. */
      dropArgs: boolean;
    }
  | { kind: 'set'; name: string; value: Template }
  | { kind: 'break' }
  | {
      kind: 'if';
      holds: Condition;
      steps: readonly RewriteStep[];
      /** What the block sets beside its steps, for the rest of the request. */
      settings: Settings;
      proxy: ProxyPass | undefined;
    };

export type Condition =
  | { kind: 'value'; value: Template }
  | { kind: 'equals'; value: Template; other: Template; negated: boolean }
  | { kind: 'matches'; value: Template; regex: RegExp; negated: boolean }
  | { kind: 'exists'; path: Template; type: 'f' | 'd' | 'e' | 'x'; negated: boolean };

export function compileRewrites(
  lines: readonly Directive[],
  scope: Scope,
  settings: Settings,
): RewriteStep[] {
  return lines.flatMap((line): RewriteStep[] => {
    switch (line.name) {
      case 'return':
        return [compileReturn(line, scope)];
      case 'rewrite':
        return [compileRewrite(line, scope)];
      case 'set':
        return [
          {
            kind: 'set',
            name: (line.args[0] ?? '').replace(/^\$/, '').toLowerCase(),
            value: template(line.args[1], line, scope),
          },
        ];
      case 'break':
        return [{ kind: 'break' }];
      case 'if':
        return [compileIf(line, scope, settings)];
      default:
        return [];
    }
  });
}

function compileReturn(line: Directive, scope: Scope): RewriteStep {
  const [first = '', second] = line.args;
  if (/^\d+$/.test(first)) {
    if (Number(first) > 999) throw new ConfigurationError(`invalid return code "${first}"`, line);
    const text = second === undefined ? undefined : template(second, line, scope);
    return { kind: 'return', status: Number(first), text };
  }
  if (second === undefined && /^(https?:\/\/|\$scheme)/.test(first))
    return { kind: 'return', status: 302, text: template(first, line, scope) };
  throw new ConfigurationError(`invalid return code "${first}"`, line);
}

function compileRewrite(line: Directive, scope: Scope): RewriteStep {
  const [pattern = '', replacement = '', flag] = line.args;
  if (flag !== undefined && !['last', 'break', 'redirect', 'permanent'].includes(flag))
    throw new ConfigurationError(`invalid parameter "${flag}"`, line);
  const dropArgs = replacement.endsWith('?');
  const outside = /^(https?:\/\/|\$scheme)/.test(replacement);
  return {
    kind: 'rewrite',
    regex: compileRegex(pattern, false, line),
    to: template(dropArgs ? replacement.slice(0, -1) : replacement, line, scope),
    flag:
      flag === 'last' || flag === 'break' || flag === 'permanent' || flag === 'redirect'
        ? flag
        : outside
          ? 'redirect'
          : undefined,
    dropArgs,
  };
}

function compileIf(line: Directive, scope: Scope, parent: Settings): RewriteStep {
  const lines = line.block ?? [];
  const settings: Settings = { ...parent, proxy: { ...parent.proxy } };
  const replaced = new Set<string>();
  for (const inner of lines) applySetting(settings, inner, scope, replaced);
  const pass = lines.find(({ name }) => name === 'proxy_pass');
  return {
    kind: 'if',
    holds: compileCondition(line, scope),
    steps: compileRewrites(lines, scope, settings),
    settings,
    proxy: pass && scope.proxyPass(pass),
  };
}

function compileCondition(line: Directive, scope: Scope): Condition {
  const words = line.args.filter((word) => word !== '(' && word !== ')');
  const last = words.length - 1;
  if (!line.args[0]?.startsWith('(') || !line.args.at(-1)?.endsWith(')'))
    throw new ConfigurationError(`invalid condition "${line.args[0] ?? ''}"`, line);
  words[0] = (words[0] ?? '').replace(/^\(/, '');
  words[last] = (words[last] ?? '').replace(/\)$/, '');
  const [first = '', operator, other = ''] = words.filter((word, at) => word !== '' || at === 2);
  const test = /^(!?)-([fdex])$/.exec(first);
  if (test && operator !== undefined) {
    const type = test[2] === 'f' || test[2] === 'd' || test[2] === 'x' ? test[2] : 'e';
    return {
      kind: 'exists',
      path: template(operator, line, scope),
      type,
      negated: test[1] === '!',
    };
  }
  if (!first.startsWith('$')) throw new ConfigurationError(`invalid condition "${first}"`, line);
  const value = template(first, line, scope);
  if (operator === undefined) return { kind: 'value', value };
  if (operator === '=' || operator === '!=')
    return {
      kind: 'equals',
      value,
      other: template(other, line, scope),
      negated: operator === '!=',
    };
  const regex = /^(!?)~(\*?)$/.exec(operator);
  if (!regex) throw new ConfigurationError(`unexpected "${operator}" in condition`, line);
  return {
    kind: 'matches',
    value,
    regex: compileRegex(other, regex[2] === '*', line),
    negated: regex[1] === '!',
  };
}
