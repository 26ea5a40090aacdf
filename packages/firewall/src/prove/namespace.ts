// One network namespace of the bed: commands run in it, and an agent that listens and connects there.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Command, Outcome } from './order.ts';

const AGENT = new URL(import.meta.url.endsWith('.ts') ? './agent.ts' : './agent.js', import.meta.url)
  .pathname;

export class Namespace {
  readonly name: string;
  #agent: ChildProcess | undefined;
  #next = 0;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();

  constructor(name: string) {
    this.name = name;
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
  }

  /** Lines for `ip -batch`. Throws with the words of ip when one is refused. */
  ip(...lines: readonly string[]): void {
    execFileSync('ip', ['-netns', this.name, '-batch', '-'], { input: lines.join('\n'), stdio: 'pipe' });
  }

  /** Runs a program to its end; the output, or what it complained of. */
  run(
    command: string,
    args: readonly string[],
    input = '',
  ): { readonly ok: boolean; readonly output: string; readonly message: string } {
    const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', this.name, command, ...args], {
      input,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return { ok: status === 0, output: stdout, message: stderr.trim() };
  }

  sysctl(...settings: readonly string[]): void {
    this.run('sysctl', ['-qw', ...settings]);
  }

  order(command: Command): Promise<Outcome> {
    this.#agent ??= this.#startAgent();
    const id = this.#next++;
    this.#agent.stdin?.write(`${JSON.stringify({ id, command })}\n`);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #startAgent(): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name, process.execPath, AGENT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, outcome }: { id: number; outcome: Outcome } = JSON.parse(line);
      this.#waiting.get(id)?.(outcome);
      this.#waiting.delete(id);
    });
    // An agent that dies leaves nobody waiting.
    child.once('exit', () => {
      for (const resolve of this.#waiting.values()) resolve('failed');
      this.#waiting.clear();
    });
    return child;
  }

  close(): void {
    this.#agent?.stdin?.end();
    this.#agent?.kill();
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}
