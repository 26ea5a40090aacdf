// A value by path: the exact path first, then the longest prefix that ends in a slash. Every step is a map look-up.

export class PathTable<T> {
  readonly #exact = new Map<string, T>();
  /** Prefixes keep their trailing slash. */
  readonly #prefixes = new Map<string, T>();
  /** No prefix is longer: deeper slashes of a request's path are not looked at. */
  readonly #longest: number;

  constructor(routes: Iterable<readonly [path: string, value: T]>) {
    let longest = 0;
    for (const [path, value] of routes) {
      if (path.endsWith('/')) {
        this.#prefixes.set(path, value);
        longest = Math.max(longest, path.length);
      } else this.#exact.set(path, value);
    }
    this.#longest = longest;
  }

  /** `path` canonical and without its query. */
  find(path: string): T | undefined {
    if (this.#exact.size > 0) {
      const value = this.#exact.get(path);
      if (value !== undefined) return value;
    }
    if (this.#longest === 1) return this.#prefixes.get('/');
    return this.#findPrefix(path);
  }

  #findPrefix(path: string): T | undefined {
    let slash = path.lastIndexOf('/', this.#longest - 1);
    while (slash >= 0) {
      const value = this.#prefixes.get(path.slice(0, slash + 1));
      if (value !== undefined) return value;
      slash = slash === 0 ? -1 : path.lastIndexOf('/', slash - 1);
    }
    return undefined;
  }
}
