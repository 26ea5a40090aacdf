// What the encoder writes is what a decoder reads, whatever was said before, whatever table the peer offers.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../../src/h2/hpack/decoder.ts';
import { HpackEncoder, lastingBlock, mostBlockBytes } from '../../../src/h2/hpack/encoder.ts';

const NAMES = ['content-type', 'date', 'etag', 'set-cookie', 'x-a', 'x-b', 'server', 'vary'];
const VALUES = ['', 'a', 'text/html', 'x'.repeat(200), 'y'.repeat(600), '\u00ff\u0080', 'b=c; secure'];
const fields = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES)), { maxLength: 8 });
const answers = fc.array(
  fc.record({
    status: fc.constantFrom(200, 204, 302, 404, 599),
    fields,
    /** The peer's settings, before the answer. */
    table: fc.option(fc.constantFrom(0, 40, 100, 4096, 65_536), { nil: undefined }),
    lasting: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

describe('HPACK, both ways', () => {
  it('gives back every list of a connection', () => {
    fc.assert(
      fc.property(answers, (list) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder(4096);
        for (const answer of list) {
          if (answer.table !== undefined) encoder.resize(answer.table);
          const flat = answer.fields.flat();
          const bytes = Buffer.alloc(mostBlockBytes(flat));
          // A block that was written ahead goes between the others, and changes nothing for them.
          const ahead = answer.lasting && !encoder.resized;
          const block = ahead
            ? lastingBlock(answer.status, flat)
            : bytes.subarray(0, encoder.encode(answer.status, flat, bytes));
          const read: string[] = [];
          const field = (name: string, value: string): void => void read.push(name, value);
          expect(decoder.decode(block, 0, block.length, { field })).toBe(true);
          expect(read).toEqual([':status', String(answer.status), ...flat]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says in a byte what it says again, but never a secret', () => {
    const encoder = new HpackEncoder();
    const bytes = Buffer.alloc(1000);
    const sizes = [1, 2, 3].map(() => encoder.encode(200, ['server', 'one of a long name'], bytes));
    expect(sizes[2]).toBe(2);
    const secret = [1, 2, 3].map(() => encoder.encode(200, ['set-cookie', 'a=b'], bytes));
    expect(new Set(secret).size).toBe(1);
    // 0001: never to be kept by anybody on the way (RFC 7541 6.2.3).
    expect((bytes[1] ?? 0) >> 4).toBe(1);
  });

  it('uses no more of a table than the peer offers, and says so first', () => {
    const encoder = new HpackEncoder();
    encoder.resize(0);
    const bytes = Buffer.alloc(1000);
    for (let count = 0; count < 3; count++) encoder.encode(200, ['server', 'a'], bytes);
    const last = encoder.encode(200, ['server', 'a'], bytes);
    expect(last).toBeGreaterThan(2);
    const fresh = new HpackEncoder();
    fresh.resize(0);
    fresh.encode(200, [], bytes);
    expect(bytes[0]).toBe(0x20);
  });

  it('tells the smallest size first when there were several since the last block (RFC 7541 4.2)', () => {
    const encoder = new HpackEncoder();
    const bytes = Buffer.alloc(1000);
    encoder.resize(0);
    encoder.resize(4096);
    const end = encoder.encode(200, [], bytes);
    expect(bytes.subarray(0, end).toString('hex')).toBe('203fe11f88');
  });
});
