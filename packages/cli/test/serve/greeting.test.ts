import { describe, expect, it } from 'vitest';
import { loadConfig } from '@tollgate/core';
import { describeServing } from '../../src/serve/greeting.ts';

const { config } = loadConfig({ file: `${import.meta.dirname}/../../../../tollgate.yaml` });

describe('the greeting', () => {
  it('gives addresses that can be opened, and says what each is for', () => {
    const text = describeServing(
      config,
      [
        { scheme: 'https', address: { kind: 'tcp', address: '::', port: 8443 }, port: 8443 },
        { scheme: 'https', address: { kind: 'tcp', address: '2001:db8::1', port: 443 }, port: 443 },
        { scheme: 'http', address: { kind: 'tcp', address: '0.0.0.0', port: 0 }, port: 8080 },
      ],
      'http://127.0.0.1:9901',
      false,
    );
    expect(text).toContain('  https://localhost:8443     any host');
    expect(text).toContain('  https://[2001:db8::1]:443  any host');
    expect(text).toContain('  http://localhost:8080      redirects to https');
    expect(text).toContain('  http://127.0.0.1:9901      admin');
    expect(text).toContain('curl needs -k');
    expect(text).not.toContain('\u001b');
  });

  it('is coloured for a terminal only', () => {
    expect(describeServing(config, [], undefined, true)).toContain('\u001b[1mTollgate serves');
  });
});
