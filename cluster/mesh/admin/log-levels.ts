// Log levels by component, as GET and POST /logging show and change them. The simulated proxy writes no lines of these
// components, so a level is kept and changes nothing.
// Source: Envoy docs, administration interface, POST /logging; envoy/source/common/common/logger.h (names).

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;
type Level = (typeof LEVELS)[number];

const COMPONENTS =
  'admin alternate_protocols_cache assert aws backtrace basic_auth cache_filter client config conn_handler connection credential_injector decompression dns dynamic_forward_proxy dynamic_modules envoy_bug ext_authz ext_proc file filter forward_proxy geolocation golang grpc happy_eyeballs hc health_checker http http2 hystrix init io jwt kafka key_value_store lua main matcher misc mongo multi_connection oauth2 pool quic quic_stream rate_limit_quota rbac rds redis rocketmq router runtime secret stats stats_sinks tap testing thrift tracing udp upstream wasm websocket'.split(
    ' ',
  );

export class LogLevels {
  readonly #levels: Map<string, Level>;

  /** @param components `misc:error,rbac:debug` */
  constructor(level: string, components = '') {
    const all = levelOf(level) ?? 'warning';
    this.#levels = new Map(COMPONENTS.map((name) => [name, all]));
    for (const each of components.split(',')) {
      const [name = '', own = ''] = each.split(':');
      const parsed = levelOf(own);
      if (parsed && this.#levels.has(name)) this.#levels.set(name, parsed);
    }
  }

  /** What is asked by `?level=…`, `?paths=a:x,b:y` or `?component=…`; false for what makes no sense, which changes nothing. */
  change(query: URLSearchParams): boolean {
    const asked = [...query].flatMap(([name, value]) =>
      name === 'paths'
        ? value.split(',').map((each): [string, string] => {
            const [component = '', level = ''] = each.split(':');
            return [component, level];
          })
        : [[name, value] satisfies [string, string]],
    );
    const wanted: [string, Level][] = [];
    for (const [name, value] of asked) {
      const level = levelOf(value);
      if (!level || (name !== 'level' && !this.#levels.has(name))) return false;
      wanted.push([name, level]);
    }
    for (const [name, level] of wanted)
      for (const component of name === 'level' ? COMPONENTS : [name])
        this.#levels.set(component, level);
    return true;
  }

  text(): string {
    const lines = [...this.#levels].map(([name, level]) => `  ${name}: ${level}\n`);
    return `active loggers:\n${lines.join('')}\n`;
  }
}

function levelOf(word: string): Level | undefined {
  return LEVELS.find((level) => level === (word === 'warn' ? 'warning' : word));
}
