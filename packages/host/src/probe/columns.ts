// Kernel tables read by the names in their header, because columns come and go between kernels.

/** Name of a column -> its number, from `header`; kept, because a sampler meets the same header ten times a second. */
const indexes = new Map<string, ReadonlyMap<string, number>>();
const KEPT_HEADERS = 64;

function indexOf(header: string): ReadonlyMap<string, number> {
  const known = indexes.get(header);
  if (known !== undefined) return known;
  const index = new Map(words(header).map((name, at) => [name, at]));
  if (indexes.size < KEPT_HEADERS) indexes.set(header, index);
  return index;
}

/** Reads named numbers from one row; a column that this kernel lacks is left out. */
export type Row = (name: string) => number | undefined;

function rowReader(header: string, line: string, radix: 10 | 16): Row {
  const index = indexOf(header);
  const cells = words(line);
  return (name) => {
    const at = index.get(name);
    const cell = at === undefined ? undefined : cells[at];
    if (cell === undefined) return undefined;
    const value = Number.parseInt(cell, radix);
    return Number.isNaN(value) ? undefined : value;
  };
}

/** A header line and one row per CPU (/proc/net/stat/*: hexadecimal). */
export function perCpuRows(text: string): readonly Row[] | undefined {
  const [header, ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  if (header === undefined || lines.length === 0 || !/^[a-z_]/.test(header.trim())) return undefined;
  return lines.map((line) => rowReader(header, line, 16));
}

/** Pairs of `Name: columns` and `Name: numbers` (/proc/net/netstat, /proc/net/snmp). */
export function pairedRow(text: string, group: string): Row | undefined {
  const prefix = `${group}:`;
  const at = text.startsWith(prefix) ? 0 : text.indexOf(`\n${prefix}`) + 1;
  if (at === 0 && !text.startsWith(prefix)) return undefined;
  const headerEnd = text.indexOf('\n', at);
  if (headerEnd === -1 || !text.startsWith(prefix, headerEnd + 1)) return undefined;
  const rowEnd = text.indexOf('\n', headerEnd + 1);
  return rowReader(
    text.slice(at, headerEnd),
    text.slice(headerEnd + 1, rowEnd === -1 ? undefined : rowEnd),
    10,
  );
}

export function sum(rows: readonly Row[], name: string): number | undefined {
  const values = rows.map((row) => row(name)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}

const words = (line: string): string[] => line.trim().split(/\s+/);
