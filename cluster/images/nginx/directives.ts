// Which directives nginx has, where each may stand, how many words it takes, and whether this cluster simulates it.
// Source: the directive index of nginx' documentation.

import { ConfigurationError, type Directive } from './configuration.ts';

type Context =
  | 'main'
  | 'events'
  | 'http'
  | 'server'
  | 'location'
  | 'if in location'
  | 'if in server'
  | 'upstream'
  | 'map'
  | 'types';

/**
 * `yes`: it does what nginx does. `tuning`: it changes nothing a client could see here (buffers, threads). `no`: it would
 * change something and does not: nginx says so when it starts.
 */
type Simulated = 'yes' | 'tuning' | 'no';

interface Spec {
  contexts: readonly Context[];
  /** Arguments: exactly, or from and to. */
  args: readonly [number, number];
  block: boolean;
  simulated: Simulated;
}

const MANY = 100;
const HTTP: readonly Context[] = ['http', 'server', 'location'];
const REWRITE: readonly Context[] = ['server', 'location', 'if in location', 'if in server'];
const ANYWHERE: readonly Context[] = [...HTTP, 'if in location'];

const specs = new Map<string, Spec>();

function add(
  simulated: Simulated,
  contexts: readonly Context[],
  args: readonly [number, number],
  names: string,
  block = false,
): void {
  for (const name of names.split(' ')) specs.set(name, { contexts, args, block, simulated });
}

add('yes', ['main'], [0, 0], 'events http', true);
add('no', ['main'], [0, 0], 'stream mail', true);
add('yes', ['main'], [1, 1], 'worker_processes pid');
add('tuning', ['main'], [1, 2], 'user');
add(
  'tuning',
  ['main'],
  [1, MANY],
  'worker_rlimit_nofile worker_priority worker_cpu_affinity worker_shutdown_timeout daemon master_process load_module env pcre_jit thread_pool timer_resolution working_directory lock_file',
);
add(
  'tuning',
  ['events'],
  [1, 1],
  'worker_connections use multi_accept accept_mutex accept_mutex_delay debug_connection worker_aio_requests',
);
add('yes', ['main', ...HTTP], [1, MANY], 'error_log');

add('yes', ['http'], [0, 0], 'server', true);
add('yes', ['http'], [1, 1], 'upstream', true);
add('yes', ['http'], [2, 2], 'map', true);
add('no', ['http'], [1, 2], 'geo split_clients', true);
add('yes', ['http'], [2, MANY], 'log_format');
add('yes', ['server'], [1, MANY], 'listen');
add('yes', ['server'], [0, MANY], 'server_name');
add('yes', ['server', 'location'], [1, 2], 'location', true);
add('yes', REWRITE, [1, MANY], 'if', true);
add('yes', ['http', 'server', 'location', 'if in location'], [0, 0], 'types', true);

add('yes', ANYWHERE, [1, 1], 'root default_type');
add('yes', ['location'], [1, 1], 'alias');
add('yes', HTTP, [1, MANY], 'index');
add('yes', ['server', 'location'], [2, MANY], 'try_files');
add('yes', ANYWHERE, [2, MANY], 'error_page');
add('yes', ANYWHERE, [1, MANY], 'access_log');
add('yes', ANYWHERE, [2, 3], 'add_header');
add('yes', ANYWHERE, [1, 2], 'expires');
add(
  'yes',
  HTTP,
  [1, 1],
  'autoindex client_max_body_size keepalive_requests server_tokens absolute_redirect port_in_redirect server_name_in_redirect underscores_in_headers',
);
add('yes', HTTP, [1, 2], 'keepalive_timeout');
add('yes', HTTP, [1, 1], 'allow deny');
add('yes', HTTP, [2, 2], 'sub_filter');
add('yes', HTTP, [1, 1], 'sub_filter_once');
add('yes', HTTP, [1, MANY], 'sub_filter_types');
add('yes', ['server', 'location'], [0, 1], 'stub_status');
add('yes', ['location'], [0, 0], 'internal');
add('yes', REWRITE, [1, 2], 'return');
add('yes', REWRITE, [2, 3], 'rewrite');
add('yes', REWRITE, [2, 2], 'set');
add('yes', REWRITE, [0, 0], 'break');
add('yes', HTTP, [1, MANY], 'resolver');
add('yes', HTTP, [1, 1], 'resolver_timeout');

add('yes', ['location', 'if in location'], [1, 1], 'proxy_pass');
add('yes', HTTP, [2, 2], 'proxy_set_header');
add(
  'yes',
  HTTP,
  [1, 1],
  'proxy_http_version proxy_connect_timeout proxy_read_timeout proxy_send_timeout proxy_hide_header proxy_pass_header proxy_intercept_errors proxy_ignore_client_abort proxy_next_upstream_tries proxy_next_upstream_timeout proxy_method',
);
add('yes', HTTP, [1, MANY], 'proxy_next_upstream');
add('yes', HTTP, [1, 2], 'proxy_redirect');
add(
  'tuning',
  HTTP,
  [1, 3],
  'proxy_buffering proxy_buffer_size proxy_buffers proxy_busy_buffers_size proxy_request_buffering proxy_max_temp_file_size proxy_temp_file_write_size proxy_temp_path proxy_headers_hash_max_size proxy_headers_hash_bucket_size proxy_socket_keepalive proxy_limit_rate proxy_force_ranges proxy_pass_request_headers proxy_pass_request_body proxy_bind proxy_cookie_path proxy_cookie_domain proxy_set_body',
);
add(
  'no',
  HTTP,
  [1, MANY],
  'proxy_cache proxy_cache_path proxy_cache_valid proxy_cache_key proxy_cache_bypass proxy_no_cache proxy_cache_use_stale proxy_cache_lock proxy_cache_methods proxy_cache_revalidate proxy_store proxy_ssl_verify proxy_ssl_server_name proxy_ssl_name proxy_ssl_trusted_certificate proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_protocols proxy_ssl_session_reuse',
);

add('yes', ['upstream'], [1, MANY], 'server:upstream');
add('yes', ['upstream'], [0, 0], 'least_conn ip_hash');
add('yes', ['upstream'], [0, 2], 'random');
add('yes', ['upstream'], [1, 2], 'hash keepalive');
add('yes', ['upstream'], [1, 1], 'keepalive_timeout:upstream keepalive_requests:upstream');
add('tuning', ['upstream'], [1, 2], 'zone keepalive_time:upstream state resolver:upstream');
add('no', ['upstream'], [1, MANY], 'sticky ntlm queue');

add(
  'tuning',
  HTTP,
  [1, MANY],
  'sendfile sendfile_max_chunk tcp_nopush tcp_nodelay types_hash_max_size types_hash_bucket_size server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size variables_hash_bucket_size map_hash_bucket_size map_hash_max_size client_body_buffer_size client_header_buffer_size large_client_header_buffers client_body_timeout client_header_timeout client_body_temp_path client_body_in_single_buffer client_body_in_file_only send_timeout reset_timedout_connection lingering_close lingering_time lingering_timeout keepalive_disable keepalive_time output_buffers postpone_output open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors open_log_file_cache log_not_found log_subrequest msie_padding aio directio disable_symlinks etag if_modified_since ignore_invalid_headers merge_slashes max_ranges recursive_error_pages chunked_transfer_encoding rewrite_log uninitialized_variable_warn charset charset_types source_charset override_charset connection_pool_size request_pool_size read_ahead satisfy subrequest_output_buffer_size http2 http3 autoindex_exact_size autoindex_format autoindex_localtime gzip_types gzip_proxied gzip_vary gzip_comp_level gzip_min_length gzip_buffers gzip_http_version gzip_disable ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets',
);
add(
  'no',
  ANYWHERE,
  [1, MANY],
  'gzip gzip_static gunzip limit_req limit_req_zone limit_req_status limit_conn limit_conn_zone limit_rate limit_rate_after auth_basic auth_basic_user_file auth_request auth_request_set ssl_certificate ssl_certificate_key ssl_client_certificate ssl_verify_client ssl_trusted_certificate set_real_ip_from real_ip_header real_ip_recursive mirror mirror_request_body add_trailer js_import js_content fastcgi_pass fastcgi_param fastcgi_index fastcgi_split_path_info uwsgi_pass scgi_pass grpc_pass grpc_set_header memcached_pass image_filter xslt_stylesheet addition_types add_before_body add_after_body valid_referers secure_link perl_modules empty_gif',
);
add('no', ['location'], [1, MANY], 'limit_except', true);

/** Checks names, places and numbers of words, as nginx does while it reads. Returns what is not simulated. */
export function checkDirectives(directives: readonly Directive[]): Directive[] {
  const ignored: Directive[] = [];
  checkBlock(directives, 'main', ignored);
  for (const name of ['events', 'http'])
    if (name === 'events' && !directives.some((directive) => directive.name === name))
      throw new ConfigurationError('no "events" section in configuration');
  return ignored;
}

function checkBlock(
  directives: readonly Directive[],
  context: Context,
  ignored: Directive[],
): void {
  for (const directive of directives) {
    const spec = specOf(directive.name, context);
    if (!spec) throw new ConfigurationError(`unknown directive "${directive.name}"`, directive);
    if (!spec.contexts.includes(context))
      throw new ConfigurationError(`"${directive.name}" directive is not allowed here`, directive);
    const { length } = directive.args;
    if (spec.block && !directive.block)
      throw new ConfigurationError(`directive "${directive.name}" has no opening "{"`, directive);
    if (!spec.block && directive.block)
      throw new ConfigurationError(
        `directive "${directive.name}" is not terminated by ";"`,
        directive,
      );
    if (length < spec.args[0] || length > spec.args[1])
      throw new ConfigurationError(
        `invalid number of arguments in "${directive.name}" directive`,
        directive,
      );
    if (spec.simulated === 'no') ignored.push(directive);
    const inner = innerContext(directive.name, context);
    if (directive.block && inner) checkBlock(directive.block, inner, ignored);
  }
}

/** Some names mean one thing in an upstream and another elsewhere. */
function specOf(name: string, context: Context): Spec | undefined {
  return (context === 'upstream' ? specs.get(`${name}:upstream`) : undefined) ?? specs.get(name);
}

/** Undefined for blocks whose lines are no directives (map, types) or are not simulated. */
function innerContext(name: string, context: Context): Context | undefined {
  switch (name) {
    case 'events':
    case 'http':
    case 'server':
    case 'location':
    case 'upstream':
      return name;
    case 'if':
      return context === 'server' || context === 'if in server' ? 'if in server' : 'if in location';
    default:
      return undefined;
  }
}
