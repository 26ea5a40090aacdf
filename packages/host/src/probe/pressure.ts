// Pressure stall information: the share of time in which somebody waited for CPU, memory or the disk.
import { type HostRoot, type Reading, readWith } from './reading.ts';

export interface Pressure {
  /** Percent of the last 10 and 60 s in which at least one task waited. */
  readonly someAvg10: number;
  readonly someAvg60: number;
  readonly someTotalMicros: number;
}

export const readPressure = (root: HostRoot, resource: 'cpu' | 'memory' | 'io'): Reading<Pressure> =>
  readWith(root, `proc/pressure/${resource}`, parsePressure);

function parsePressure(text: string): Pressure | undefined {
  const some = text.split('\n').find((line) => line.startsWith('some '));
  const fields = new Map(
    (some ?? '').split(' ').map((pair) => {
      const [name = '', value] = pair.split('=');
      return [name, Number(value)] as const;
    }),
  );
  const [someAvg10, someAvg60, someTotalMicros] = [
    fields.get('avg10'),
    fields.get('avg60'),
    fields.get('total'),
  ];
  if (someAvg10 === undefined || someAvg60 === undefined || someTotalMicros === undefined) return undefined;
  return { someAvg10, someAvg60, someTotalMicros };
}
