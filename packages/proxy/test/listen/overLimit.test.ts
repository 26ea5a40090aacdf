// `limits.connections`: what is one too many is closed at once, on every kind of listener.
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configOf, plain, startFront, temporaryDirectory } from '../support/front.ts';
import { RawClient } from '../support/raw.ts';

it('a unix listener closes what is one too many, and goes on (a unix socket knows no reset)', async () => {
  const path = join(temporaryDirectory(), 'front.sock');
  const wanted = plain({ limits: { connections: 1 } });
  const listen = [{ scheme: 'http' as const, address: { kind: 'unix' as const, path } }];
  const { front } = await startFront(wanted, { ...configOf(wanted), listen });
  const first = new RawClient(connect(path));
  await expect.poll(() => front.status().connections).toBe(1);
  expect(await new RawClient(connect(path)).untilClosed()).toBe('');
  expect(front.status()).toMatchObject({ connections: 1, overLimit: 1 });
  first.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  expect(await first.until((text) => text.includes('hello'))).toContain('200 OK');
});
