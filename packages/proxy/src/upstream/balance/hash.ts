// Which server a key belongs to, by weighted rendezvous: every server bids for every key and the highest bid wins, so that
// a server that goes takes only its own keys with it. decisions/0930-whose-turn-it-is.md holds it against a ring.

/** FNV-1a over 32 bits: the same in every process and after every restart. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/**
 * The bid of a server for a key: over many keys, a server of weight 2 wins twice as often as one of weight 1
 * (Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005).
 */
export function bidOf(key: number, seed: number, weight: number): number {
  // Never 0 or 1, whose logarithms would decide everything.
  const chance = (mixed(key ^ seed) + 0.5) / 0x1_0000_0000;
  return weight / -Math.log(chance);
}

/** The finaliser of MurmurHash3: neighbouring keys get bids that have nothing in common. */
function mixed(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
