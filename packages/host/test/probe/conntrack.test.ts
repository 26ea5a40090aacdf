import { describe, expect, it } from 'vitest';
import { readConntrackLimits, readConntrackStats } from '../../src/index.ts';
import { stage } from '../support/stage.ts';

// The same counters as kernel 5.4 and kernel 6.18 print them: columns were renamed and moved in between.
const OLD =
  'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n' +
  '00002000  00000000 00000000 00000000 00000003 00000000 00000000 00000000 00000000 0000000a 000000ff 00000010 00000000  00000000 00000000 00000000 00000000\n' +
  '00002000  00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000  00000000 00000000 00000000 00000000\n';
const NEW = OLD.replace('searched', 'clashres').replace('delete_list', 'chainlength');
const SHUFFLED = 'drop early_drop entries insert_failed invalid\n100 10 2000 a 4\n';

describe('the connection table', () => {
  it.each([
    ['an old kernel', OLD],
    ['a new kernel', NEW],
    ['a kernel with other columns', SHUFFLED],
  ])('is read in hexadecimal and by the names of its columns: %s', (_, text) => {
    const root = stage({ 'proc/net/stat/nf_conntrack': text });
    expect(readConntrackStats(root)).toEqual({
      ok: true,
      value: { entries: 8192, drop: 256, earlyDrop: 16, insertFailed: 10, invalid: 4 },
    });
  });

  it('of another namespace is read through a process that lives there', () => {
    const root = stage({ 'proc/41/net/stat/nf_conntrack': NEW });
    expect(readConntrackStats(root, 41).ok).toBe(true);
    expect(readConntrackStats(root)).toMatchObject({ ok: false, why: 'absent' });
  });

  it('that the kernel never loaded is absent, not zero', () => {
    expect(readConntrackLimits(stage({ 'proc/stat': '' }))).toMatchObject({ ok: false, why: 'absent' });
  });

  it('in a format of no known kernel is malformed, and says what was found', () => {
    const root = stage({ 'proc/net/stat/nf_conntrack': '12 34\n56 78\n' });
    expect(readConntrackStats(root)).toMatchObject({
      ok: false,
      why: 'malformed',
      path: 'proc/net/stat/nf_conntrack',
      detail: expect.stringContaining('12 34'),
    });
  });

  it('has a limit, and a time that ended connections stay', () => {
    const root = stage({
      'proc/sys/net/netfilter/nf_conntrack_max': '8192\n',
      'proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait': '120\n',
    });
    expect(readConntrackLimits(root)).toEqual({
      ok: true,
      value: { max: 8192, buckets: undefined, timeWaitSeconds: 120 },
    });
  });
});
