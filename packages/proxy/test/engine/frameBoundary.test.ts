// Where a frame ends is known however the bytes are cut.
import { assert, array, constantFrom, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameBoundary } from '../../src/engine/frameBoundary.ts';

function frame(length: number): Buffer {
  if (length < 126) return Buffer.concat([Buffer.from([0x82, length]), Buffer.alloc(length, 0xff)]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x82;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.alloc(length, 0xff)]);
}

describe('frame boundary', () => {
  it('is reached at the end of each frame and nowhere else', () => {
    assert(
      property(
        array(constantFrom(0, 1, 125, 126, 127, 65_535, 65_536), { minLength: 1, maxLength: 4 }),
        nat(),
        (lengths, at) => {
          const frames = lengths.map((length) => frame(length));
          let end = 0;
          const ends = new Set([0, ...frames.map((one) => (end += one.length))]);
          const bytes = Buffer.concat(frames);
          const cut = at % (bytes.length + 1);
          const boundary = new FrameBoundary();
          boundary.pass(bytes.subarray(0, cut));
          expect(boundary.reached).toBe(ends.has(cut));
          boundary.pass(bytes.subarray(cut));
          expect(boundary.reached).toBe(true);
        },
      ),
    );
  });
});
