// The processes that serve: alive, how busy, how large.
import type { ServiceFigures } from '../figures/figures.ts';
import { counter, gauge, type Family, type Sample } from './family.ts';
import { histogram } from './histogram.ts';

const MICROS_PER_SECOND = 1e6;

type Place = ServiceFigures['processes'][number];

/** `worker` is 0 when one process does it all, else the worker's number, from 1. */
export function processFamilies({ totals, processes }: ServiceFigures): readonly Family[] {
  return [
    gauge(
      'tollgate_worker_up',
      '1 when the serving process answers, by its number; 0 is the only one.',
      processes.map((place) => sample(place, place.figures === undefined ? 0 : 1)),
    ),
    counter(
      'tollgate_worker_restarts',
      'Times a serving process died and was replaced.',
      processes.map((place) => sample(place, place.restarts)),
    ),
    counter('tollgate_cpu_seconds', 'CPU time of the serving processes.', processes.flatMap(cpuOf)),
    gauge(
      'tollgate_resident_memory_bytes',
      'Resident memory of the serving processes.',
      processes.flatMap((place) =>
        place.figures === undefined ? [] : [sample(place, place.figures.report.memoryBytes)],
      ),
    ),
    histogram('tollgate_event_loop_delay_seconds', 'How late a timer of 50 ms came.', [
      { labels: {}, figures: totals.loopDelay },
    ]),
  ];
}

const sample = ({ worker }: Place, value: number): Sample => ({ labels: { worker }, value });

function cpuOf({ worker, figures }: Place): Sample[] {
  if (figures === undefined) return [];
  const { userMicros, systemMicros } = figures.cpu;
  return [
    { labels: { worker, mode: 'user' }, value: userMicros / MICROS_PER_SECOND },
    { labels: { worker, mode: 'system' }, value: systemMicros / MICROS_PER_SECOND },
  ];
}
