import { describe, expect, it } from 'vitest';
import { findConfig } from '../../src/configuration/find.ts';
import { CommandFailure } from '../../src/exit.ts';

const nothing = (): boolean => false;

describe('the configuration file', () => {
  it('is the one the flag names, before the environment, before the usual places', () => {
    const env = { TOLLGATE_CONFIG: 'env.yaml' };
    const exists = (): boolean => true;
    expect(findConfig({ flag: 'flag.yaml', env, exists })).toBe('flag.yaml');
    expect(findConfig({ flag: undefined, env, exists })).toBe('env.yaml');
    expect(findConfig({ flag: undefined, env: {}, exists })).toBe('tollgate.yaml');
  });

  it('is looked for in /etc when the directory has none', () => {
    const exists = (path: string): boolean => path.startsWith('/');
    expect(findConfig({ flag: undefined, env: {}, exists })).toBe('/etc/tollgate/tollgate.yaml');
  });

  it('need not exist when named: the loader says so with its name', () => {
    expect(findConfig({ flag: '/no/such.yaml', env: {}, exists: nothing })).toBe('/no/such.yaml');
  });

  it('that is nowhere is told with the places looked at and a file to begin with', () => {
    const find = (): string => findConfig({ flag: undefined, env: { TOLLGATE_CONFIG: '' }, exists: nothing });
    expect(find).toThrow(CommandFailure);
    expect(find).toThrow(/\/etc\/tollgate\/tollgate\.yaml[\s\S]*sites:/);
  });
});
