// What a cache has done since it was made: plain numbers, incremented on the path.

export type CacheCounters = ReturnType<typeof startCounters>;

export function startCounters() {
  return {
    /** Answered from the cache, fresh. */
    hits: 0,
    /** Answered from the cache, stale, while it was fetched anew. */
    staleHits: 0,
    /** Answered from the cache because the target failed. */
    errorHits: 0,
    /** Answered by what another client's request has brought. */
    collapsed: 0,
    /** The target was asked because there was nothing of use. */
    misses: 0,
    /** The target was asked, and said that what is kept still holds. */
    validated: 0,
    /** Not a matter of the cache: methods, parts, clients that are known by a cookie. */
    passed: 0,
    /** Clients that waited for another's answer in vain: too long, or it was for nobody else. */
    waitedInVain: 0,
    /** Clients that could not wait because too many did. */
    tooManyWaiting: 0,
    /** Answers that would have been kept, had there been room. */
    noRoom: 0,
    /** Times that the disk has refused to take or to give a body. */
    diskErrors: 0,
  };
}
