// Every warning says what to do.
import { expect, it } from 'vitest';
import { warn } from '../../src/stats/warnings.ts';

const all = [
  warn.fewPairs(3),
  warn.notDistinguishable('firewall', 6, 40),
  warn.notDistinguishable('firewall', 6, null),
  warn.noisyMachine(0.12),
  warn.steal(0.031),
  warn.foreignCpu(0.06),
  warn.generatorBusy(0.93),
  warn.generatorBlocked(0.002),
  warn.offeredMissed(0.9),
  warn.disturbed(0.03),
  warn.miscounted(2),
  warn.drift(0.08),
  warn.errors(0.01),
  warn.reruns(3, 40),
  warn.cutShort('26 windows, 5 of 13 layers'),
  warn.generatorHeldUp(1400),
  warn.samplesLost(2300),
  warn.tableSwept(4000, 7100),
  warn.tableNotFull(41, 12),
  warn.noRoot(),
  warn.sharedCore(),
  warn.ladderOrder(),
  warn.notMeasured(['site, 10 MB body: caddy']),
  warn.missingSubject('haproxy'),
];

it('covers the closed list', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(Object.keys(warn).length);
});

it.each(all)('$id: a whole sentence, and advice', ({ message, advice }) => {
  expect(message).toMatch(/^\S.*[.]$/);
  expect(advice).toMatch(/^\S.*[.]$/);
  expect(`${message}${advice}`).not.toMatch(/undefined|NaN/);
});
