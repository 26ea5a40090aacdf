// Notices that certificate files changed. Directories are watched, because renewals replace files and symbolic links
// (certbot, Kubernetes secrets), and the files are looked at every few seconds too, because some mounts tell nobody.
import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

export interface WatchOptions {
  /** Certificate and key are written one after the other: wait until nothing has moved for this long. */
  readonly settleMs: number;
  readonly pollMs: number;
}

const DEFAULTS: WatchOptions = { settleMs: 1000, pollMs: 10_000 };

export class FileWatch {
  readonly #onChange: () => void;
  readonly #options: WatchOptions;
  readonly #poll: NodeJS.Timeout;
  #watchers: FSWatcher[] = [];
  #paths: readonly string[] = [];
  #seen = '';
  #settling: NodeJS.Timeout | undefined;

  constructor(onChange: () => void, options: WatchOptions = DEFAULTS) {
    this.#onChange = onChange;
    this.#options = options;
    this.#poll = setInterval(() => this.#look(), options.pollMs).unref();
  }

  /** Replaces the set of files; how they are now counts as known. */
  follow(paths: readonly string[]): void {
    this.#unwatch();
    this.#paths = paths;
    this.#seen = fingerprint(paths);
    this.#watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((path) => this.#watch(path));
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    this.#unwatch();
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #watch(directory: string): FSWatcher[] {
    try {
      const watcher = watch(directory, { persistent: false }, () => this.#look());
      watcher.on('error', () => {
        // The directory went away; the poll still looks.
      });
      return [watcher];
    } catch {
      // Not there, or out of inotify watches: the poll still looks.
      return [];
    }
  }

  #look(): void {
    const now = fingerprint(this.#paths);
    if (now === this.#seen) return;
    this.#seen = now;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#onChange, this.#options.settleMs).unref();
  }
}

/** Follows links: what counts is the file a reader would get. */
function fingerprint(paths: readonly string[]): string {
  return paths.map((path) => identityOf(path)).join();
}

function identityOf(path: string): string {
  try {
    // The change time moves with the content, and also when a key becomes readable to our group.
    const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${ctimeNs}`;
  } catch (error) {
    // Absent or unreadable is a state like any other; the reload that follows says so with advice.
    return String(error);
  }
}
