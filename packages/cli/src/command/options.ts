// Options that several commands share, so that they read the same everywhere.
import { type Address, parseAddress } from '@tollgate/core';
import { InvalidArgumentError, Option } from 'commander';

export const configOption = (): Option =>
  new Option(
    '-c, --config <file>',
    'configuration file (default: TOLLGATE_CONFIG, ./tollgate.yaml, /etc/tollgate/tollgate.yaml)',
  );

/** Where to ask when the file no longer says it: `admin` takes effect after a restart. */
export const adminOption = (): Option =>
  new Option(
    '--admin <address>',
    'where the running process listens, in place of what the file says',
  ).argParser((given: string): Address => {
    const address = parseAddress(given, '127.0.0.1');
    if (address === undefined || address.kind === 'systemd')
      throw new InvalidArgumentError('expected a port, address:port or unix:/path.');
    return address;
  });

export const jsonOption = (): Option => new Option('--json', 'print JSON for a program to read');
