// One experiment from start to end: what it opens is closed on success, on failure and on Ctrl-C; its files stay.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from '../experiment/options.ts';
import { openSession, type Session } from '../experiment/session.ts';
import { terminalSummary } from '../report/terminal.ts';
import { writeReports } from '../report/write.ts';
import { LAB_PROGRAMS, requirePrograms, widenPath } from '../lab/peers.ts';
import { canIsolate } from '../lab/lab.ts';
import { Scope } from '../lab/scope.ts';

export async function runExperiment(
  kind: string,
  options: Options,
  experiment: (session: Session) => Promise<void>,
): Promise<void> {
  widenPath();
  if (canIsolate()) requirePrograms(LAB_PROGRAMS);
  const scope = new Scope();
  closeOnSignals(scope);
  try {
    const session = await openSession(scope, kind, options);
    const { results } = session;
    tellResults = () =>
      console.error(`bench: what was measured until now: npm run bench -- report ${results}`);
    await experiment(session);
    await scope.close();
    session.keep({ line: 'end' });
    present(results);
    if (options.jsonFile !== undefined) copyFileSync(join(results, 'result.json'), options.jsonFile);
  } catch (error) {
    // A signal has closed the scope under the experiment's feet; the handler ends the process.
    if (scope.closed && interrupted) return;
    await scope.close();
    throw error;
  }
}

/** Result and reports from the directory's rows alone; the summary on stdout, then where the rest is. */
export function present(directory: string): void {
  const result = writeReports(directory);
  const { isTTY } = process.stdout;
  const columns = isTTY ? process.stdout.columns : 100;
  const colour = isTTY && process.env['NO_COLOR'] === undefined;
  console.log(`${terminalSummary(result, { columns, colour })}\n\n${join(directory, 'report.html')}`);
}

let interrupted = false;
let tellResults = (): void => undefined;

/** 128 + the signal's number, as a shell reports it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

function closeOnSignals(scope: Scope): void {
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      // The second one does not wait: the namespaces die with this process.
      if (interrupted) process.exit(code);
      interrupted = true;
      void scope.close().finally(() => {
        tellResults();
        process.exit(code);
      });
    });
  }
}
