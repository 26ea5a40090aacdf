import { describe, expect, it } from 'vitest';
import { type Json, parseLoaded } from '../../src/lint/loaded.ts';
import { icmp, tcpLater, tcpOpening } from '../../src/lint/packet.ts';
import { walk } from '../../src/lint/walk.ts';

const chain = (name: string, hook: object = {}): object => ({
  chain: { family: 'inet', table: 't', name, ...hook },
});
const rule = (name: string, ...expr: object[]): object => ({
  rule: { family: 'inet', table: 't', chain: name, expr },
});
const match = (left: Json, right: Json, op = '=='): object => ({ match: { op, left, right } });
const DPORT = { payload: { protocol: 'tcp', field: 'dport' } };
const FLAGS = { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, ['syn', 'ack']] };
const ACCEPT = { accept: null };
const INPUT = { hook: 'input', prio: 0, policy: 'drop' };

const verdict = (objects: readonly object[], packet = tcpOpening(443)): string =>
  walk(parseLoaded(JSON.stringify({ nftables: objects })), 'input', packet).verdict;

describe('a packet that walks a ruleset', () => {
  it('meets the policy when no rule takes it', () => {
    expect(verdict([chain('in', INPUT)])).toBe('drop');
    expect(verdict([chain('in', { ...INPUT, policy: 'accept' })])).toBe('accept');
  });

  it('is matched by port: one, a set, a range, a named set, and their opposites', () => {
    const sets = { set: { family: 'inet', table: 't', name: 'web', elem: [80, { range: [440, 450] }] } };
    const by = (right: Json, op?: string) =>
      verdict([chain('in', INPUT), sets, rule('in', match(DPORT, right, op), ACCEPT)]);
    expect([by(443), by({ set: [80, 443] }), by({ range: [1, 500] }), by('@web'), by(80, '!=')]).toEqual(
      Array.from({ length: 5 }, () => 'accept'),
    );
    expect([by(80), by({ set: [80] }), by({ range: [1, 50] }), by(443, '!=')]).toEqual(
      Array.from({ length: 4 }, () => 'drop'),
    );
  });

  it('comes back from a jump but not from a goto', () => {
    const through = (kind: 'jump' | 'goto') =>
      verdict([chain('in', INPUT), chain('c'), rule('in', { [kind]: { target: 'c' } }), rule('in', ACCEPT)]);
    expect(through('jump')).toBe('accept');
    expect(through('goto')).toBe('drop');
  });

  it('follows a verdict map, in line or named', () => {
    const inLine = { vmap: { key: { ct: { key: 'state' } }, data: { set: [['established', ACCEPT]] } } };
    expect(verdict([chain('in', INPUT), rule('in', inLine)], tcpLater(443))).toBe('accept');
    expect(verdict([chain('in', INPUT), rule('in', inLine)])).toBe('drop');
    const map = { map: { family: 'inet', table: 't', name: 'm', elem: [[443, ACCEPT]] } };
    expect(verdict([chain('in', INPUT), map, rule('in', { vmap: { key: DPORT, data: '@m' } })])).toBe(
      'accept',
    );
  });

  it('must be accepted by every base chain of its hook, the earlier first', () => {
    const late = chain('late', { ...INPUT, prio: 10 });
    const early = chain('early', { ...INPUT, prio: -10, policy: 'accept' });
    expect(verdict([late, early, rule('early', ACCEPT)])).toBe('drop');
  });

  it('with a SYN is told from the rest of its connection', () => {
    const ruleset = [chain('in', INPUT), rule('in', match(FLAGS, 'syn', '!='), ACCEPT)];
    expect(verdict(ruleset)).toBe('drop');
    expect(verdict(ruleset, tcpLater(443))).toBe('accept');
  });

  it('without ports is matched by no rule about ports, not even by one that says which it must not have', () => {
    expect(
      verdict([chain('in', INPUT), rule('in', match(DPORT, 22, '!='), ACCEPT)], icmp(4, 'echo-request')),
    ).toBe('drop');
  });

  it('from a stranger is in no list, and under every limit', () => {
    const saddr = { payload: { protocol: 'ip', field: 'saddr' } };
    expect(verdict([chain('in', INPUT), rule('in', match(saddr, '@friends'), ACCEPT)])).toBe('drop');
    expect(verdict([chain('in', INPUT), rule('in', match(saddr, '@banned', '!='), ACCEPT)])).toBe('accept');
    expect(verdict([chain('in', INPUT), rule('in', { limit: { rate: 1 } }, ACCEPT)])).toBe('accept');
    expect(verdict([chain('in', INPUT), rule('in', { limit: { rate: 1, inv: true } }, ACCEPT)])).toBe('drop');
  });
});

it('a document that nft did not print is refused', () => {
  expect(() => parseLoaded('[]')).toThrow(SyntaxError);
});
