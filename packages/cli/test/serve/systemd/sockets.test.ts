import { describe, expect, it } from 'vitest';
import { takeInheritedSockets } from '../../../src/serve/systemd/sockets.ts';

const PID = 4711;

describe('sockets from systemd', () => {
  it('are found by name, from descriptor 3 on', () => {
    const env = { LISTEN_PID: '4711', LISTEN_FDS: '2', LISTEN_FDNAMES: 'https:http' };
    expect([...takeInheritedSockets(env, PID)]).toEqual([
      ['https', 3],
      ['http', 4],
    ]);
  });

  it('are called unknown when they have no name, as systemd does', () => {
    expect([...takeInheritedSockets({ LISTEN_PID: '4711', LISTEN_FDS: '1' }, PID)]).toEqual([['unknown', 3]]);
  });

  it('meant for another process are left alone', () => {
    const env = { LISTEN_PID: '1', LISTEN_FDS: '2', LISTEN_FDNAMES: 'https:http' };
    expect(takeInheritedSockets(env, PID).size).toBe(0);
  });

  it('are not offered to children a second time', () => {
    const env: Record<string, string | undefined> = { LISTEN_PID: '4711', LISTEN_FDS: '1', PATH: '/bin' };
    takeInheritedSockets(env, PID);
    expect(env).toEqual({ PATH: '/bin' });
  });

  it('with one name for two are an error that says what to do', () => {
    const env = { LISTEN_PID: '4711', LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:web' };
    expect(() => takeInheritedSockets(env, PID)).toThrow(/two sockets named "web".*FileDescriptorName=/);
  });
});
