// Options that several commands share, so that they read the same everywhere.
import { Option } from 'commander';

export const configOption = (): Option =>
  new Option(
    '-c, --config <file>',
    'configuration file (default: TOLLGATE_CONFIG, ./tollgate.yaml, /etc/tollgate/tollgate.yaml)',
  );

export const jsonOption = (): Option => new Option('--json', 'print JSON for a program to read');
