// The bytes of `/download`: the same for every request, so that a receiver can verify any stretch of them.

/** A prime, so that a piece lost, doubled or swapped by anything that copies in powers of two shifts the pattern. */
export const DOWNLOAD_PERIOD = 65_521;
const PIECE_BYTES = 65_536;

// One period and one piece more: a piece beginning at any phase is a view of this buffer, never a copy.
const pattern = repeatedPattern(DOWNLOAD_PERIOD + PIECE_BYTES);

/** The content from `offset` on: at most `length` bytes, and at most one piece (64 KiB). A view: do not write to it. */
export function downloadPiece(offset: number, length: number): Buffer {
  const phase = offset % DOWNLOAD_PERIOD;
  return pattern.subarray(phase, phase + Math.min(length, PIECE_BYTES));
}

/** Printable, so that a download looked at in a terminal does no harm; a fixed xorshift, so that it never changes. */
function repeatedPattern(bytes: number): Buffer {
  const period = Buffer.alloc(DOWNLOAD_PERIOD);
  let state = 0x9e_37_79_b9;
  for (let at = 0; at < period.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    period[at] = 0x21 + ((state >>> 0) % 94);
  }
  return Buffer.alloc(bytes, period);
}
