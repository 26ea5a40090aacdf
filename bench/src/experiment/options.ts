// What the flags that all subcommands share come to; the command line fills in every default, nobody else does.
import type { ConnectionMode } from '../load/spec.ts';

export interface Options {
  /** The command as typed, for the report. */
  readonly command: string;
  /** Length of one measured window or run; `undefined`: the subcommand's own. */
  readonly seconds: number | undefined;
  readonly connections: number;
  readonly connectionMode: ConnectionMode | undefined;
  readonly rate: number | undefined;
  readonly jsonFile: string | undefined;
  readonly outDirectory: string | undefined;
  readonly quick: boolean;
  readonly seed: number;
}
