import { describe, expect, it } from 'vitest';
import { parseSuppressed, readMachineCpu, readMemory, readPortRange, readPressure } from '../../src/index.ts';
import { parseRecord } from '../../src/probe/kernel-log.ts';
import { stage } from '../support/stage.ts';

describe('the machine', () => {
  it('counts CPU in microseconds: busy is what ran here, steal is apart', () => {
    const root = stage({ 'proc/stat': 'cpu  10 1 5 100 7 2 3 4 0 0\ncpu1 10 1 5 100 7 2 3 4 0 0\nintr 1\n' });
    const cpu = readMachineCpu(root);
    expect(cpu.ok && cpu.value.all).toMatchObject({
      busyMicros: 210_000,
      stealMicros: 40_000,
      softirqMicros: 30_000,
    });
    expect(cpu.ok && [...cpu.value.cores.keys()]).toEqual([1]);
  });

  it('with a broken stat file is malformed', () => {
    expect(readMachineCpu(stage({ 'proc/stat': 'cpu  a b c d\n' }))).toMatchObject({
      ok: false,
      why: 'malformed',
    });
  });

  it('has memory in bytes', () => {
    const root = stage({ 'proc/meminfo': 'MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   400 kB\n' });
    expect(readMemory(root)).toEqual({ ok: true, value: { totalBytes: 1_024_000, availableBytes: 409_600 } });
  });

  it('has pressure, and a kernel without it says so', () => {
    const root = stage({ 'proc/pressure/cpu': 'some avg10=17.45 avg60=9.40 avg300=2.80 total=22770975\n' });
    expect(readPressure(root, 'cpu')).toEqual({
      ok: true,
      value: { someAvg10: 17.45, someAvg60: 9.4, someTotalMicros: 22_770_975 },
    });
    expect(readPressure(root, 'io')).toMatchObject({ ok: false, why: 'absent' });
  });

  it('has a range of ports to connect from', () => {
    const root = stage({ 'proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n' });
    expect(readPortRange(root)).toEqual({ ok: true, value: { low: 32_768, high: 60_999 } });
  });

  it('logs records with a priority, a time and a text', () => {
    expect(parseRecord('4,1234,98765,-;nf_conntrack: table full, dropping packet\n SUBSYSTEM=net\n')).toEqual(
      { level: 4, atMicros: 98_765, text: 'nf_conntrack: table full, dropping packet' },
    );
    expect(parseRecord('nonsense')).toBeUndefined();
  });

  it('whose journald threw lines away says how many and whose', () => {
    expect(
      parseSuppressed(
        'Suppressed 4711 messages from site.service\nother\nSuppressed 9 messages from b.service\n',
      ),
    ).toEqual({ messages: 4720, unit: 'b.service' });
  });
});
