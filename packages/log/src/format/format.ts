// The shape of a format: one record in, one line out.
import type { RequestRecord } from '../request/record.ts';

/** Printable ASCII ending in one `\n`. `weight`: how many requests the line stands for; 1 unless lines were shed. */
export type LineFormat = (record: RequestRecord, weight: number) => string;
