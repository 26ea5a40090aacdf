// What the configuration says of the requests and answers of one route, besides its path and its target. A key that is
// not there asks for nothing.

/** Names and values, in their order. */
export type FieldList = readonly (readonly [name: string, value: string])[];

/** Each entry: an IP address, a CIDR, `unix` or `any`. */
export interface AccessConfig {
  /** Only these; `undefined`: everybody. */
  readonly allow: readonly string[] | undefined;
  /** Not these, whatever `allow` says. */
  readonly deny: readonly string[];
}

export interface HeadersConfig {
  /** Of the request as its target gets it. */
  readonly request: { readonly set: FieldList; readonly remove: readonly string[] };
  /** Of every answer of the route, the front's own among them. */
  readonly response: {
    readonly set: FieldList;
    readonly add: FieldList;
    readonly remove: readonly string[];
  };
  /** The preset of security fields, for answers that have none of their own. */
  readonly security: boolean;
}

export interface CompressConfig {
  /** Offered, in order of preference. */
  readonly encodings: readonly ('br' | 'zstd' | 'gzip')[];
  /** In lower case, `text/*` for all of a kind; `undefined`: what is worth it. */
  readonly types: readonly string[] | undefined;
  /** Of answers that say how long they are. */
  readonly minBytes: number;
}

export interface CacheConfig {
  /** Whose it is: a site's is shared by its routes that have none of their own. */
  readonly of: 'site' | 'route';
  /** Of everything kept, in memory. */
  readonly limitBytes: number;
  /** Of one answer. */
  readonly bodyBytes: number;
  /** Where larger bodies are kept; `undefined`: nowhere. `directory` is absolute. */
  readonly disk:
    | { readonly directory: string; readonly limitBytes: number; readonly bodyBytes: number }
    | undefined;
  /** Of answers that do not say how long they may be kept; `undefined`: they may not. */
  readonly lifetimeMs: number | undefined;
  /** Those with Last-Modified may, for a tenth of their age. */
  readonly heuristic: boolean;
  /** Whether clients with a cookie get what is kept by the front's own lifetime or guess. */
  readonly cookies: 'bypass' | 'ignore';
  /** Where the answer says nothing of it; 0: not at all. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Of a client for what another has asked for. */
  readonly waitMs: number;
  /** Clients that may wait for one answer. */
  readonly waiting: number;
  /** Cache-Control of requests. */
  readonly clientDirectives: 'ignore' | 'obey';
  /** Each answer says how it came about. */
  readonly cacheStatus: boolean;
}

export interface MaintenanceConfig {
  /** As in `AccessConfig`. */
  readonly exempt: readonly string[];
  readonly retryAfterMs: number;
}

export interface RateLimitConfig {
  readonly requests: number;
  readonly perMs: number;
  /** That may come at once. */
  readonly burst: number;
  /** What is counted for itself: each client's address (IPv6: its /64), or all clients together. */
  readonly by: 'address' | 'site';
  /** Whose limit it is: all routes of the site that have it from there share one. */
  readonly of: 'route' | 'site';
  /** By `Config.redis`. `on`: what has passed is told; `strict`: what wants to pass is asked about. */
  readonly shared: 'off' | 'on' | 'strict';
}

export interface CorsConfig {
  /** `any`, or as a browser writes them. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
}

export interface RewriteRule {
  /** Source of a regular expression, for the flag `u`. */
  readonly match: string;
  readonly to: string;
}

export interface ErrorPage {
  /** `404`, or a class: `5xx`. */
  readonly status: string;
  /** Absolute. */
  readonly file: string;
}

export interface BasicAuthConfig {
  readonly realm: string;
  /** Names and the texts of their hashes; at least one, or a file. */
  readonly users: FieldList;
  /** Absolute: a line for each user, `name:hash`. */
  readonly file: string | undefined;
}

export interface ForwardAuthConfig {
  /** http or https. */
  readonly url: string;
  /** Fields of a good answer that the target gets in place of the client's. */
  readonly copy: readonly string[];
  readonly timeoutMs: number;
}

export interface AuthConfig {
  readonly basic: BasicAuthConfig | undefined;
  readonly forward: ForwardAuthConfig | undefined;
}

export interface PolicyConfig {
  readonly access?: AccessConfig | undefined;
  /** Sources of regular expressions, for the flags `iu`: paths that nobody gets. */
  readonly withhold?: readonly string[] | undefined;
  readonly cache?: CacheConfig | undefined;
  readonly compress?: CompressConfig | undefined;
  readonly maintenance?: MaintenanceConfig | undefined;
  readonly rateLimit?: RateLimitConfig | undefined;
  readonly auth?: AuthConfig | undefined;
  readonly cors?: CorsConfig | undefined;
  readonly stripPrefix?: boolean | undefined;
  readonly rewrite?: readonly RewriteRule[] | undefined;
  readonly errorPages?: readonly ErrorPage[] | undefined;
  readonly tracing?: boolean | undefined;
  /** `asked`: by a trusted peer. */
  readonly serverTiming?: 'on' | 'asked' | undefined;
  readonly headers?: HeadersConfig | undefined;
}
