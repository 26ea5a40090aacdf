// `tollgate worker`: what the supervisor starts; of no use to a person.
import type { Command } from 'commander';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';

export function addWorker(program: Command, finish: (code: ExitCode) => void): void {
  program.command('worker', { hidden: true }).action(async () => {
    if (process.send === undefined) {
      throw new CommandFailure(
        'tollgate: `worker` is started by `tollgate serve --workers N`, not by hand',
        EXIT.usage,
      );
    }
    const { runWorker } = await import('../serve/crew/worker.ts');
    await runWorker();
    finish(EXIT.ok);
  });
}
