import { createRequestIds } from '@tollgate/core';
import { expect, it } from 'vitest';

it('request ids differ within a process and between processes', () => {
  const [one, other] = [createRequestIds(), createRequestIds()];
  const ids = new Set(Array.from({ length: 1000 }, () => [one(), other()]).flat());
  expect(ids.size).toBe(2000);
  expect([...ids].every((id) => /^[\da-f]{16}-[\da-z]{5}$/.test(id))).toBe(true);
});

it('request ids count on from their prefix', () => {
  const next = createRequestIds('p');
  expect([next(), next()]).toEqual(['p-00000', 'p-00001']);
});

it('request ids count in base 36, past their last two digits', () => {
  const next = createRequestIds('p');
  const ids = Array.from({ length: 2600 }, next);
  expect(ids).toEqual(ids.map((_, count) => `p-${count.toString(36).padStart(5, '0')}`));
});
