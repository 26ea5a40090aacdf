// A chart of braille dots: 2 × 4 to a character, drawn off screen, printed as lines.

/** Dot bits by column and row, as Unicode numbers them (U+2800 and up). */
const BITS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

export class BrailleCanvas {
  readonly width: number;
  readonly height: number;
  readonly #columns: number;
  readonly #cells: Uint8Array;

  /** In characters. */
  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.width = columns * 2;
    this.height = rows * 4;
    this.#cells = new Uint8Array(columns * rows);
  }

  /** A dot; y grows upwards. Outside of the canvas nothing happens. */
  set(x: number, y: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const down = this.height - 1 - y;
    const cell = (down >> 2) * this.#columns + (x >> 1);
    this.#cells[cell] = (this.#cells[cell] ?? 0) | (BITS[x & 1 ? 1 : 0][down & 3] ?? 0);
  }

  /** A column of dots from the ground up to, not with, `top`. */
  bar(x: number, top: number): void {
    for (let y = 0; y < top; y++) this.set(x, y);
  }

  lines(): readonly string[] {
    const rows = this.height / 4;
    return Array.from({ length: rows }, (_, row) =>
      String.fromCodePoint(
        ...this.#cells
          .subarray(row * this.#columns, (row + 1) * this.#columns)
          .values()
          .map((bits) => 0x2800 + bits),
      ),
    );
  }
}
