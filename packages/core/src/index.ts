export type * from './config/types.ts';
export { errorEntries, errorEntry, type ErrorCode, type ErrorEntry } from './errors/table.ts';
export { canonicalAuthority, canonicalHost, type Authority } from './gate/host.ts';
export type { Accepted, RequestHead, Verdict } from './gate/head.ts';
export { judge, type GateLimits } from './gate/judge.ts';
export { canonicalPath } from './gate/path.ts';
export { refuse, type Refusal } from './gate/refusal.ts';
