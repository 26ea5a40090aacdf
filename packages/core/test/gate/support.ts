// A plain request to vary: each test states only what it is about.
import { judge, type Accepted, type GateLimits, type RequestHead } from '@tollgate/core';
import { expect } from 'vitest';

export const LIMITS: GateLimits = { headerBytes: 16_384, headerCount: 100, targetBytes: 8192 };

export function head(changes: Partial<RequestHead> = {}): RequestHead {
  return {
    protocol: 'h1',
    httpVersion: '1.1',
    method: 'GET',
    target: '/',
    authority: undefined,
    scheme: 'https',
    rawHeaders: ['Host', 'example.com'],
    ...changes,
  };
}

/** A head with `Host: example.com` and these fields after it. */
export function withFields(...fields: string[]): RequestHead {
  return head({ method: 'POST', rawHeaders: ['Host', 'example.com', ...fields] });
}

export function accepted(request: RequestHead): Accepted {
  const verdict = judge(request, LIMITS);
  if (verdict.kind === 'refused')
    expect.fail(`expected to be accepted, got ${verdict.status} ${verdict.code}`);
  return verdict;
}

/** `STATUS code`, or `accepted TARGET`. */
export function verdictOf(request: RequestHead, limits: GateLimits = LIMITS): string {
  const verdict = judge(request, limits);
  return verdict.kind === 'refused' ? `${verdict.status} ${verdict.code}` : `accepted ${verdict.target}`;
}
