// The Huffman code of RFC 7541 Appendix B. It is canonical: symbols of one length follow each other in their order, and
// each length goes on where the one before ended. So the lengths alone say it.

/** Stands for the end of a string; it is never sent whole. */
export const END_OF_STRING = 256;

const codesOf = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Bits, and the symbols that take so many, in order. */
const SYMBOLS: readonly (readonly [bits: number, symbols: readonly number[]])[] = [
  [5, codesOf('012aceiost')],
  [6, codesOf(' %-./3456789=A_bdfghlmnpru')],
  [7, codesOf(':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz')],
  [8, codesOf('&*,;XZ')],
  [10, codesOf('!"()?')],
  [11, codesOf("'+|")],
  [12, codesOf('#>')],
  [13, codesOf('\0$@[]~')],
  [14, codesOf('^}')],
  [15, codesOf('<`{')],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
      196, 198, 228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175,
      180, 182, 183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [
      2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
      220, 249,
    ],
  ],
  [30, [10, 13, 22, END_OF_STRING]],
];

export interface HuffmanCode {
  readonly symbol: number;
  /** The last `bits` of it, the most significant first. */
  readonly code: number;
  readonly bits: number;
}

/** All 257, shortest first. */
export function huffmanCodes(): HuffmanCode[] {
  const codes: HuffmanCode[] = [];
  let next = 0;
  let length = 0;
  for (const [bits, symbols] of SYMBOLS) {
    next *= 2 ** (bits - length);
    length = bits;
    for (const symbol of symbols) codes.push({ symbol, code: next++, bits });
  }
  return codes;
}
