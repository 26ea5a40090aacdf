// Directives that say what Tollgate does anyway, or that steer parts of nginx it does not have.

const REASONS: readonly (readonly [reason: string, names: string])[] = [
  [
    'Tollgate sees to its own process',
    'user pid daemon master_process worker_rlimit_nofile worker_cpu_affinity worker_priority worker_connections events use multi_accept accept_mutex error_log include load_module timer_resolution env',
  ],
  [
    'Tollgate has its own media types',
    'types default_type types_hash_max_size types_hash_bucket_size charset',
  ],
  [
    'how bytes are copied is not to be set',
    'sendfile sendfile_max_chunk tcp_nopush tcp_nodelay aio directio output_buffers open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors client_body_buffer_size client_header_buffer_size large_client_header_buffers client_body_temp_path proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_temp_path proxy_max_temp_file_size proxy_request_buffering server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size variables_hash_bucket_size reset_timedout_connection keepalive_requests',
  ],
  [
    'TLS is set as Mozilla advises (intermediate)',
    'ssl ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_dhparam ssl_ecdh_curve ssl_stapling ssl_stapling_verify ssl_trusted_certificate ssl_buffer_size ssl_early_data resolver resolver_timeout ssl_conf_command',
  ],
  ['HTTP/2 is on', 'http2 http2_max_concurrent_streams'],
  ['nothing is told about the version', 'server_tokens'],
  [
    'compressed by Accept-Encoding, with Vary, at levels of its own',
    'gzip gzip_vary gzip_proxied gzip_comp_level gzip_buffers gzip_http_version gzip_disable gzip_types gzip_min_length gzip_static brotli brotli_comp_level brotli_types',
  ],
  [
    'upstreams are asked over HTTP/1.1, with pooled connections',
    'proxy_http_version proxy_redirect proxy_set_header proxy_pass_header proxy_ssl_server_name proxy_socket_keepalive',
  ],
  ['the request log has one format', 'log_format log_not_found'],
  ['used where it is named', 'upstream server location http'],
  [
    'the longest path wins; there is no list of names',
    'server_name_in_redirect port_in_redirect absolute_redirect merge_slashes underscores_in_headers ignore_invalid_headers',
  ],
];

const BY_NAME: ReadonlyMap<string, string> = new Map(
  REASONS.flatMap(([reason, names]) => names.split(' ').map((name) => [name, reason] as const)),
);

/** Why a line that nothing else took is left, where more can be said than that nobody knows it. */
const LEFT: ReadonlyMap<string, string> = new Map([
  ['access_log', 'the request log is one for all sites'],
  ['if', 'a condition; allow, deny, rewrite and routes say what most are for'],
  ['map', 'variables do not exist'],
  ['set', 'variables do not exist'],
  ['auth_request', 'see auth of a route'],
  ['autoindex', 'directories are not listed'],
  ['stream', 'HTTP alone is served'],
  ['proxy_cache', 'see cache of a route'],
  ['proxy_cache_path', 'see cache of a route, and its disk for large answers'],
]);

export const leftReason = (name: string): string => LEFT.get(name) ?? 'Tollgate has nothing of this name';

export const needlessReason = (name: string): string | undefined => BY_NAME.get(name);
