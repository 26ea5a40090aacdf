// Tests of the suite that our cache does not pass, by the reason for it. One that begins to pass belongs out of here.

const STRICT_DATE =
  'Expires that is no date of RFC 9110 has expired (RFC 9111 5.3); the test asks for leniency';
const STRICT_AGE = 'max-age that is malformed or contradicts itself is no freshness (RFC 9111 4.2.1)';
const STRICT_TAG = 'an entity tag without quotes, or in another form, is none (RFC 9110 8.8.3)';
const NO_STALE = 'nothing stale is served on an error unless stale-if-error says so';
const PARTS = 'parts are not kept, only cut from whole answers';
const HEAD = 'HEAD is passed on when nothing fresh is kept, and changes nothing that is';
const COOKIE = 'an answer that sets a cookie is never kept for others';
/** A 502 has no number of the origin's, which the suite takes for an answer from the cache. */
const SAYS_502 = 'answered with 502, as it must be; the suite cannot tell that from a stale answer';

const BY_REASON: Readonly<Record<string, readonly string[]>> = {
  [STRICT_DATE]: [
    'freshness-expires-32bit',
    'freshness-expires-far-future',
    'freshness-expires-invalid-1-digit-hour',
    'freshness-expires-invalid-2-digit-year',
    'freshness-expires-invalid-aest',
    'freshness-expires-invalid-date-dashes',
    'freshness-expires-invalid-multiple-lines',
    'freshness-expires-invalid-multiple-spaces',
    'freshness-expires-invalid-no-comma',
    'freshness-expires-invalid-time-periods',
    'freshness-expires-invalid-utc',
    'freshness-expires-wrong-case-month',
    'freshness-expires-wrong-case-tz',
    'freshness-expires-wrong-case-weekday',
  ],
  [STRICT_AGE]: [
    'freshness-max-age-100a',
    'freshness-max-age-a100',
    'freshness-max-age-decimal-five',
    'freshness-max-age-decimal-zero',
    'freshness-max-age-multiple-directive',
    'freshness-max-age-multiple-line',
    'freshness-max-age-two-fresh-stale-sameline',
    'freshness-max-age-two-fresh-stale-sepline',
    'freshness-max-age-two-stale-fresh-sameline',
    'freshness-max-age-two-stale-fresh-sepline',
  ],
  'an answer in a transfer coding other than chunked is refused with 502, as by nginx: who guesses where it ends, guesses':
    ['headers-store-Transfer-Encoding'],
  'an Age that is not one number makes the answer stale; the suite wants that of `0, 0` and not of `0,7200`':
    ['age-parse-prefix'],
  [STRICT_TAG]: [
    'conditional-etag-quoted-respond-unquoted',
    'conditional-etag-strong-generate-unquoted',
    'conditional-etag-strong-respond-obs-text',
    'conditional-etag-unquoted-respond-quoted',
    'conditional-etag-unquoted-respond-unquoted',
    'conditional-etag-weak-respond-backslash',
    'conditional-etag-weak-respond-lowercase',
    'conditional-etag-weak-respond-omit-slash',
  ],
  'a client’s conditions are not passed on when nothing is kept: the whole answer is fetched, for all': [
    'conditional-etag-forward',
    'conditional-etag-forward-unquoted',
  ],
  'a variant is asked about only by a request that it fits': ['conditional-etag-vary-headers-mismatch'],
  'made after the date that the client asks about, as far as the answer tells': [
    'conditional-lm-fresh-no-lm',
  ],
  'a 304 that names another version confirms nothing (RFC 9111 4.3.4): what is kept is sent and then forgotten':
    ['304-etag-update-response-ETag'],
  [COOKIE]: ['304-etag-update-response-Set-Cookie', 'headers-store-Set-Cookie', 'other-set-cookie'],
  [NO_STALE]: ['stale-503', 'stale-close', 'stale-warning-become', 'stale-warning-stored'],
  [SAYS_502]: [
    'stale-close-must-revalidate',
    'stale-close-no-cache',
    'stale-close-proxy-revalidate',
    'stale-close-s-maxage=2',
  ],
  [PARTS]: [
    'partial-store-partial-complete',
    'partial-store-partial-reuse-partial',
    'partial-store-partial-reuse-partial-absent',
    'partial-store-partial-reuse-partial-byterange',
    'partial-store-partial-reuse-partial-suffix',
  ],
  [HEAD]: ['head-200-freshness-update', 'head-200-retain', 'head-200-update', 'head-410-update'],
  'no-cache for some fields is no-cache for the answer (RFC 9111 5.2.2.4)': [
    'headers-omit-headers-listed-in-Cache-Control-no-cache',
    'headers-omit-headers-listed-in-Cache-Control-no-cache-single',
  ],
  'a guess is a tenth of the age since Last-Modified: less than the test waits': [
    'heuristic-delta-10',
    'heuristic-delta-30',
    'heuristic-delta-5',
  ],
  'no client gets what is staler than the target allows': ['ccreq-max-stale', 'ccreq-max-stale-age'],
  'no-store of a request keeps its answer out of the cache; what is there already may be used': [
    'ccreq-no-store',
  ],
  'the answer to POST is not kept': ['method-POST'],
  'a language is not chosen for the target': ['vary-normalise-lang-select'],
};

export const EXPECTED_FAILURES: ReadonlySet<string> = new Set(Object.values(BY_REASON).flat());
