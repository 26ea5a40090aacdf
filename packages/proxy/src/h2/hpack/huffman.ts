// Decodes Huffman strings four bits at a time: one table lookup a half byte, at most one symbol each.
import { END_OF_STRING, huffmanCodes } from './huffmanCode.ts';

/** An entry of the table: the state that follows in the low byte, the symbol in the next, and these. */
const EMITS = 1 << 16;
const FAILS = 1 << 17;
const SYMBOL_SHIFT = 8;

/** A node of the code's tree: where a 0 and a 1 lead, to another node or, below zero, to a symbol. */
type Node = [zero: number, one: number];

const NONE = 0;
const leaf = (symbol: number): number => -1 - symbol;
const symbolOf = (target: number): number => -1 - target;

const nodes = plantTree();
/** By node, then by the next four bits. */
const table = compile(nodes);
/** Where a string may end: at the root, or up to seven ones below it, the beginning of END_OF_STRING (section 5.2). */
const mayEnd = findEnds(nodes);

/**
 * Writes what the bytes at `from` .. `to` stand for into `out`, which has room for `(to - from) * 8 / 5` of them.
 * Returns how many those are; -1: END_OF_STRING in it, or padding that is too long or not of ones.
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const high = table[(state << 4) | (byte >> 4)] ?? FAILS;
    if ((high & EMITS) !== 0) out[length++] = high >> SYMBOL_SHIFT;
    const low = table[((high & 0xff) << 4) | (byte & 15)] ?? FAILS;
    if ((low & EMITS) !== 0) out[length++] = low >> SYMBOL_SHIFT;
    if (((high | low) & FAILS) !== 0) return -1;
    state = low & 0xff;
  }
  return mayEnd[state] === 1 ? length : -1;
}

function plantTree(): Node[] {
  const tree: Node[] = [[NONE, NONE]];
  for (const { symbol, code, bits } of huffmanCodes()) {
    let at = 0;
    for (let bit = bits - 1; bit > 0; bit--) at = grow(tree, at, (code >>> bit) & 1);
    const node = tree[at];
    if (node !== undefined) node[code & 1] = leaf(symbol);
  }
  return tree;
}

function grow(tree: Node[], at: number, bit: number): number {
  const node = tree[at] ?? [NONE, NONE];
  if (node[bit] === NONE) node[bit] = tree.push([NONE, NONE]) - 1;
  return node[bit] ?? NONE;
}

function compile(tree: readonly Node[]): Uint32Array {
  const entries = new Uint32Array(tree.length * 16);
  for (let from = 0; from < tree.length; from++)
    for (let nibble = 0; nibble < 16; nibble++) entries[from * 16 + nibble] = entryOf(tree, from, nibble);
  return entries;
}

function entryOf(tree: readonly Node[], from: number, nibble: number): number {
  let at = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const target = tree[at]?.[(nibble >> bit) & 1] ?? NONE;
    if (target >= 0) at = target;
    else if (symbolOf(target) === END_OF_STRING) return FAILS;
    else {
      emitted = EMITS | (symbolOf(target) << SYMBOL_SHIFT);
      at = 0;
    }
  }
  return emitted | at;
}

function findEnds(tree: readonly Node[]): Uint8Array {
  const ends = new Uint8Array(tree.length);
  let at = 0;
  for (let ones = 0; ones < 8; ones++) {
    ends[at] = 1;
    at = tree[at]?.[1] ?? 0;
  }
  return ends;
}
