export { epochMicros } from './clock/epoch.ts';
export { logKindFault } from './config/check/logFile.ts';
export { configJsonSchema } from './config/json-schema.ts';
export { parseAddress } from './config/schema/listen.ts';
export { configReference } from './config/reference.ts';
export {
  loadAdminAddress,
  loadConfig,
  parseConfig,
  type ConfigSource,
  type LoadedConfig,
} from './config/load.ts';
export type { ConfigFlags } from './config/overrides.ts';
export { ConfigError, problemText, type ConfigProblem } from './config/problem.ts';
export { parsePasswordHash, parseUsers, type PasswordHash } from './config/passwordHash.ts';
export type * from './config/policy.ts';
export type * from './config/types.ts';
export { errorBody, type ErrorBody } from './errors/body.ts';
export { errorEntry, type ErrorCode, type ErrorEntry } from './errors/table.ts';
export { canonicalAuthority, type Authority } from './gate/host.ts';
export type { Accepted, RequestHead, Verdict } from './gate/head.ts';
export { knownAuthority } from './gate/known-authority.ts';
export { judge, type GateLimits } from './gate/judge.ts';
export { canonicalPath } from './gate/path.ts';
export { refuse, type Refusal } from './gate/refusal.ts';
export { parseTarget } from './gate/target.ts';
export { identifyClient, type Arrival, type Client } from './headers/client.ts';
export { HOP_BY_HOP, isHopByHop, namedInConnection } from './headers/hop-by-hop.ts';
export { createRequestIds } from './headers/request-id.ts';
export { endToEndFields, requestFields, WITHHELD_FIELDS } from './headers/request.ts';
export { responseFields } from './headers/response.ts';
export {
  FORWARDED_TLS,
  formatForwardedTls,
  parseForwardedTls,
  parseRequestStart,
  REQUEST_START,
  tierFields,
  type ForwardedTls,
} from './headers/tiers.ts';
export { isTraceparent, newTraceparent, traceIdOf, TRACEPARENT, TRACESTATE } from './headers/traceparent.ts';
export { clientAddress, compileTrust, plainAddress, type Trust } from './headers/trust.ts';
export { viaField } from './headers/via.ts';
export type { AcmeChallenge, HttpChallenge, TlsAlpnChallenge } from './tls/challenges.ts';
export { HSTS, TLS_SETTINGS, type TlsSettings } from './tls/settings.ts';
