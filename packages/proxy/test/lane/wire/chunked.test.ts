// The chunked scanner gives the same ranges however the bytes are cut, and stops at the first faulty byte.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedScan } from '../../../src/lane/wire/chunked.ts';

interface Scanned {
  readonly passed: string;
  readonly end: 'done' | 'broken' | 'open';
  readonly rest: number;
  readonly dataBytes: number;
}

/** Feeds the text in pieces that end at `cuts`. */
function scan(text: string, cuts: readonly number[] = []): Scanned {
  const scanner = new ChunkedScan();
  const bytes = Buffer.from(text, 'latin1');
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let passed = '';
  let position = 0;
  for (const end of [...ends, bytes.length]) {
    if (scanner.done || scanner.broken) break;
    position = scanner.feed(bytes, position, end, {
      range: (from, to) => {
        passed += bytes.latin1Slice(from, to);
      },
      text: (text) => {
        passed += text;
      },
    });
  }
  const end = scanner.done ? 'done' : scanner.broken ? 'broken' : 'open';
  return { passed, end, rest: bytes.length - position, dataBytes: scanner.dataBytes };
}

describe('ChunkedScan', () => {
  it('passes a plain body through and stops right after it', () => {
    const body = '5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n';
    expect(scan(`${body}GET /`)).toEqual({ passed: body, end: 'done', rest: 5, dataBytes: 15 });
  });

  it('leaves out extensions, and trailers that may not be passed on', () => {
    expect(scan('5;a=b;c\r\nhello\r\n0;x\r\nX-T: 1\r\nHost: evil\r\nY:2\r\n\r\n')).toMatchObject({
      passed: '5\r\nhello\r\n0\r\nX-T: 1\r\nY: 2\r\n\r\n',
      end: 'done',
    });
  });

  it.each([
    ['no digit', '\r\n'],
    ['sign', '+5\r\nhello\r\n'],
    ['0x', '0x5\r\nhello\r\n'],
    ['space after the size', '5 \r\nhello\r\n'],
    ['bare LF after the size', '5\nhello\r\n'],
    ['bare LF in an extension', '5;a\nhello\r\n'],
    ['CR without LF', '5\rhello'],
    ['data longer than its size', '5\r\nhello!\r\n'],
    ['data ended by a bare LF', '5\r\nhello\n'],
    ['size beyond a safe integer', 'fffffffffffffff\r\n'],
    ['NUL in a trailer', '0\r\nX: \0\r\n\r\n'],
    ['trailer without colon', '0\r\nX\r\n\r\n'],
    ['folded trailer', '0\r\nX: 1\r\n y\r\n\r\n'],
    ['endless extension', `5;${'a'.repeat(5000)}`],
    ['endless trailers', `0\r\n${'x: y\r\n'.repeat(2000)}`],
  ])('is broken: %s', (_name, text) => {
    expect(scan(text).end).toBe('broken');
  });

  it('reads the same however the bytes are cut', () => {
    const piece = fc.constantFrom(
      '5\r\nhello\r\n',
      '1;x=y\r\na\r\n',
      '0\r\n\r\n',
      '0\r\nT: v\r\n\r\n',
      '3\r\nab',
      '\r\n',
      'a',
      ';',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (pieces, cuts) => {
          const text = pieces.join('');
          expect(scan(text, cuts)).toEqual(scan(text));
        },
      ),
      { numRuns: 5000 },
    );
  });
});
