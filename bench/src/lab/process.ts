// A child of the laboratory: started pinned, its last words kept for error messages, stopped and waited for.
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { LIVE, readTree } from '@tollgate/host';

/** Of stdout and stderr each child may keep this much; older output is dropped. */
const KEPT_OUTPUT = 8192;
const STOP_PATIENCE_MS = 3000;

export interface StartOptions {
  readonly name: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
  /** Levels of wrapper (nsenter) that fork before the program itself runs. */
  readonly wrappers?: number;
}

export class LabProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #wrappers: number;
  readonly exited: Promise<string>;
  #output = '';
  #ended = false;

  constructor(argv: readonly string[], options: StartOptions) {
    const [command = '', ...args] = argv;
    this.name = options.name;
    this.#wrappers = options.wrappers ?? 0;
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end(resolve, `could not start: ${error.message}`));
      this.#child.once('exit', (code, signal) => this.#end(resolve, signal ?? `exit ${code}`));
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
  }

  #end(resolve: (how: string) => void, how: string): void {
    this.#ended = true;
    resolve(how);
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
  }

  get ended(): boolean {
    return this.#ended;
  }

  get output(): string {
    return this.#output.trim();
  }

  /** The program's own number as the host sees it: below the wrappers; `undefined` before it is there or after it ended. */
  get pid(): number | undefined {
    const outer = this.#child.pid;
    if (outer === undefined || this.#ended) return undefined;
    if (this.#wrappers === 0) return outer;
    const tree = readTree(LIVE, outer);
    return tree.ok ? tree.value[this.#wrappers] : undefined;
  }

  signal(signal: NodeJS.Signals): void {
    const pid = this.pid;
    if (pid === undefined) return;
    try {
      process.kill(pid, signal);
    } catch {
      // Ended between the look and the signal.
    }
  }

  /** Asks with TERM, then insists with KILL. A stopped (SIGSTOP) process is continued first. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const patience = setTimeout(() => {
      this.signal('SIGKILL');
      this.#child.kill('SIGKILL');
    }, STOP_PATIENCE_MS);
    await this.exited;
    clearTimeout(patience);
  }
}
