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

export interface PolicyConfig {
  readonly access?: AccessConfig | undefined;
  readonly compress?: CompressConfig | undefined;
  readonly headers?: HeadersConfig | undefined;
}
