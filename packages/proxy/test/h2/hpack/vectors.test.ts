// HPACK by the examples of RFC 7541 Appendix C, and by what no encoder may send.
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../../src/h2/hpack/decoder.ts';
import { decodeHuffman } from '../../../src/h2/hpack/huffman.ts';
import { END_OF_STRING, huffmanCodes } from '../../../src/h2/hpack/huffmanCode.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** The lines of each block, or `undefined` for one that is none. */
function decoded(decoder: HpackDecoder, block: Buffer): string[] | undefined {
  const lines: string[] = [];
  const field = (name: string, value: string): void => void lines.push(`${name}: ${value}`);
  return decoder.decode(block, 0, block.length, { field }) ? lines : undefined;
}

const decode = (block: string, tableBytes = 4096): string[] | undefined =>
  decoded(new HpackDecoder(tableBytes), hex(block));

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
];
const COMMON = [
  'cache-control: private',
  'date: Mon, 21 Oct 2013 20:13:21 GMT',
  'location: https://www.example.com',
];
const RESPONSES = [
  [':status: 302', ...COMMON],
  [':status: 307', ...COMMON],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

describe('HPACK', () => {
  it.each([
    [
      'C.2.1',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      'custom-key: custom-header',
    ],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path'],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret'],
    ['C.2.4', '82', ':method: GET'],
  ])('reads a field: %s', (_section, block, line) => {
    expect(decode(block)).toEqual([line]);
  });

  it.each([
    [
      'C.3, requests',
      4096,
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
      REQUESTS,
    ],
    [
      'C.4, requests in Huffman code',
      4096,
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
      REQUESTS,
    ],
    [
      'C.5, answers with a table that overflows',
      256,
      [
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '4803 3330 37c1 c0bf',
        '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
      ],
      RESPONSES,
    ],
    [
      'C.6, the same in Huffman code',
      256,
      [
        '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        '4883 640e ffc1 c0bf',
        '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      ],
      RESPONSES,
    ],
  ])('reads blocks that build on each other: %s', (_section, tableBytes, blocks, lists) => {
    const decoder = new HpackDecoder(tableBytes);
    expect(blocks.map((block) => decoded(decoder, hex(block)))).toEqual(lists);
  });

  it.each([
    ['index 0', '80'],
    ['an index beyond both tables', 'be'],
    ['an integer that does not end', 'ff ff ff ff ff ff'],
    ['an integer that is cut', 'ff'],
    ['a string that is cut', '40 0a 63'],
    ['a literal that is cut before its value', '40 01 61'],
    ['a table larger than announced', '3f e2 1f'],
    ['a change of the table after a field', '82 20'],
    ['Huffman padding of zeros', '40 81 18 01 61'],
    ['Huffman padding of more than seven bits', '40 82 1f ff 01 61'],
    ['the end of string within a Huffman string', '40 84 ff ff ff ff 01 61'],
  ])('takes no block with %s', (_name, block) => {
    expect(decode(block)).toBeUndefined();
  });

  it('empties its table at the sender’s word', () => {
    const decoder = new HpackDecoder(4096);
    expect(decoded(decoder, hex('40 01 61 01 62'))).toEqual(['a: b']);
    expect(decoded(decoder, hex('be'))).toEqual(['a: b']);
    expect(decoded(decoder, hex('20'))).toEqual([]);
    expect(decoded(decoder, hex('be'))).toBeUndefined();
  });

  it('does not keep a field that is larger than the table, and drops all others for it', () => {
    const decoder = new HpackDecoder(64);
    expect(decoded(decoder, hex('40 01 61 01 62'))).toEqual(['a: b']);
    const large = Buffer.concat([hex('40 01 63 28'), Buffer.alloc(40, 'x')]);
    expect(decoded(decoder, large)).toEqual([`c: ${'x'.repeat(40)}`]);
    expect(decoded(decoder, hex('be'))).toBeUndefined();
  });
});

describe('the Huffman code', () => {
  /** Bits of a text, padded with ones. */
  const encode = (symbols: readonly number[]): Buffer => {
    const codes = new Map(huffmanCodes().map((one) => [one.symbol, one]));
    const bits = symbols
      .map((symbol) => {
        const { code, bits: width } = codes.get(symbol) ?? { code: 0, bits: 0 };
        return code.toString(2).padStart(width, '0');
      })
      .join('');
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
    return Buffer.from(padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  };

  it('has a code for every byte, and together they leave no gap', () => {
    const codes = huffmanCodes();
    expect(new Set(codes.map(({ symbol }) => symbol)).size).toBe(257);
    expect(codes.reduce((sum, { bits }) => sum + 2 ** -bits, 0)).toBe(1);
    // Appendix B: the last of them.
    expect(codes.at(-1)).toEqual({ symbol: END_OF_STRING, code: 0x3fffffff, bits: 30 });
  });

  it('reads every pair of bytes', () => {
    const out = Buffer.alloc(16);
    for (let one = 0; one < 256; one++) {
      const symbols = [one, (one * 7 + 3) % 256];
      const bytes = encode(symbols);
      const length = decodeHuffman(bytes, 0, bytes.length, out);
      expect([...out.subarray(0, Math.max(length, 0))]).toEqual(symbols);
    }
  });
});
