// A value by host name: the exact name, then the longest wildcard, then `*`. Certificates and routes both use it.

export class HostMap<T> {
  readonly #exact = new Map<string, T>();
  /** Keyed by the suffix with its leading dot: `*.example.com` is `.example.com`. */
  readonly #wildcard = new Map<string, T>();
  readonly #default: T | undefined;

  constructor(entries: Iterable<readonly [hosts: readonly string[], value: T]>) {
    let byDefault: T | undefined;
    for (const [hosts, value] of entries) {
      for (const host of hosts) {
        if (host === '*') byDefault = value;
        else if (host.startsWith('*.')) this.#wildcard.set(host.slice(1), value);
        else this.#exact.set(host, value);
      }
    }
    this.#default = byDefault;
  }

  /** `host` in lower case, without port. */
  find(host: string): T | undefined {
    return this.#exact.get(host) ?? this.#findWildcard(host) ?? this.#default;
  }

  /** `*.example.com` holds for one label and for more, as in nginx; never for `example.com` itself. */
  #findWildcard(host: string): T | undefined {
    if (this.#wildcard.size === 0) return undefined;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const value = dot === 0 ? undefined : this.#wildcard.get(host.slice(dot));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
