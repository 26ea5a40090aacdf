// Directives that say what Tollgate does anyway, or that steer parts of nginx it does not have.

const REASONS: readonly (readonly [reason: string, names: string])[] = [
  [
    'Tollgate sees to its own process',
    'user pid daemon master_process worker_rlimit_nofile worker_cpu_affinity worker_priority worker_connections events use multi_accept accept_mutex error_log load_module timer_resolution env',
  ],
  [
    'Tollgate has its own media types',
    'types default_type types_hash_max_size types_hash_bucket_size charset charset_types',
  ],
  ['media types, or variables of programs that are not run', 'include'],
  [
    'how bytes are copied is not to be set',
    'sendfile sendfile_max_chunk tcp_nopush tcp_nodelay aio directio output_buffers open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors client_body_buffer_size client_header_buffer_size client_body_temp_path proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_temp_path proxy_max_temp_file_size proxy_request_buffering server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size variables_hash_bucket_size reset_timedout_connection',
  ],
  [
    'TLS is set as Mozilla advises (intermediate)',
    'ssl ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_dhparam ssl_ecdh_curve ssl_stapling ssl_stapling_verify ssl_trusted_certificate ssl_buffer_size ssl_early_data resolver resolver_timeout ssl_conf_command',
  ],
  ['HTTP/2 is on', 'http2 http2_push http2_push_preload'],
  ['nothing is told about the version', 'server_tokens'],
  [
    'compressed by Accept-Encoding, with Vary, at levels of its own',
    'gzip gzip_vary gzip_proxied gzip_comp_level gzip_buffers gzip_http_version gzip_disable gzip_types gzip_min_length gzip_static brotli brotli_comp_level brotli_types',
  ],
  [
    'upstreams are asked over HTTP/1.1, with pooled connections',
    'proxy_http_version proxy_set_header proxy_pass_header proxy_ssl_server_name proxy_socket_keepalive',
  ],
  ['the request log has one format', 'log_format log_not_found'],
  ['used where it is named', 'upstream server location http'],
  [
    'the longest path wins; there is no list of names',
    'server_name_in_redirect port_in_redirect absolute_redirect merge_slashes ignore_invalid_headers',
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
  ['autoindex', 'directories are not listed'],
  ['stream', 'HTTP alone is served'],
  ['keepalive_requests', 'see limits.requestsPerConnection'],
  ['large_client_header_buffers', 'see limits.header and limits.target'],
  ['http2_max_concurrent_streams', 'see limits.h2Streams'],
  ['underscores_in_headers', 'fields with an underscore in their name are never passed on'],
  ['proxy_redirect', 'Location of an answer is passed on as the upstream wrote it'],
  ['proxy_ssl_certificate', 'upstreams are not shown a certificate'],
  ['proxy_ssl_certificate_key', 'upstreams are not shown a certificate'],
  ['satisfy', 'whoever comes in has to pass all guards of a route'],
  ['limit_except', 'files are for GET and HEAD alone'],
  ['limit_conn', 'see limits.connectionsPerAddress'],
  ['limit_conn_zone', 'see limits.connectionsPerAddress'],
  ['limit_req_status', 'beyond a rate the answer is 429'],
  ['set_real_ip_from', 'see trustedProxies'],
  ['real_ip_header', 'of trustedProxies X-Forwarded-For is believed'],
  ['real_ip_recursive', 'of trustedProxies X-Forwarded-For is believed'],
  ['ssl_client_certificate', 'certificates of clients are not asked for'],
  ['ssl_verify_client', 'certificates of clients are not asked for'],
  ['valid_referers', 'a filter by what clients say of themselves: whom it turned away is let in now'],
  ['ssl_certificate', 'a site has one certificate'],
  ['ssl_certificate_key', 'a site has one certificate'],
  ['secure_link', 'links are not signed'],
  ['secure_link_md5', 'links are not signed'],
  ['sub_filter', 'bodies are not changed'],
  ['ssi', 'bodies are not changed'],
]);

/** Names that mean something to Tollgate, where they mean something. */
const KNOWN =
  /^(?:proxy_\w+|root|alias|index|try_files|return|rewrite|expires|add_header|allow|deny|auth_basic\w*|limit_req\w*|error_page|client_\w+|\w+_timeout|break|internal|location)$/;

export const leftReason = (name: string): string =>
  LEFT.get(name) ??
  (/^proxy_(?:cache|no_cache)/.test(name) ? 'see cache of a route' : undefined) ??
  (KNOWN.test(name)
    ? 'no route could take it over from where it stands'
    : 'Tollgate has nothing of this name');

export const needlessReason = (name: string, args: readonly string[]): string | undefined =>
  /^(?:underscores_in_headers|proxy_redirect|ssi|auth_request|proxy_intercept_errors|autoindex)$/.test(
    name,
  ) && args[0] === 'off'
    ? 'Tollgate does not do this'
    : name === 'map' && args[0] === '$http_upgrade'
      ? 'WebSockets are passed on'
      : BY_NAME.get(name);
