// Everything /metrics tells, in its order. Pure: what is asked for has been read already.
import type { ServiceFigures } from '../figures/figures.ts';
import type { OrderedStatus } from '../ordered-certificates.ts';
import type { Status } from '../status.ts';
import { certificateFamilies } from './certificates.ts';
import { gauge, type Family } from './family.ts';
import { frontFamilies } from './front.ts';
import { machineFamilies, type MachineFigures } from './machine.ts';
import { processFamilies } from './process.ts';
import { requestFamilies } from './requests.ts';
import { savingFamilies } from './savings.ts';
import { upstreamFamilies } from './upstreams.ts';

/** The one process that steers. */
export interface LifeFigures {
  readonly version: string;
  readonly state: Status['state'];
  readonly startedMs: number;
  readonly lastReload: Status['lastReload'];
  readonly lastCertificateLoad: Status['lastCertificateLoad'];
  readonly ordered: OrderedStatus | null;
}

const MS_PER_SECOND = 1000;

export function metricFamilies(
  life: LifeFigures,
  service: ServiceFigures,
  machine: MachineFigures,
): readonly Family[] {
  const answering = service.processes.flatMap(({ figures }) => (figures === undefined ? [] : [figures]));
  return [
    ...lifeFamilies(life),
    ...certificateFamilies(
      life.ordered,
      answering.map(({ report }) => report.front),
    ),
    ...requestFamilies(service.totals),
    ...frontFamilies(service.totals, answering),
    ...savingFamilies(service.totals, answering),
    ...upstreamFamilies(service),
    ...processFamilies(service),
    ...machineFamilies(machine),
  ];
}

function lifeFamilies(life: LifeFigures): readonly Family[] {
  const { version, state, startedMs, lastReload, lastCertificateLoad } = life;
  return [
    gauge('tollgate_build_info', 'Always 1; the label says what runs.', [{ labels: { version }, value: 1 }]),
    gauge('tollgate_ready', '1 while it serves, 0 while it starts or drains.', state === 'serving' ? 1 : 0),
    gauge(
      'tollgate_start_time_seconds',
      'When it started, in seconds since the epoch.',
      startedMs / MS_PER_SECOND,
    ),
    gauge(
      'tollgate_last_reload_successful',
      '1 unless the last reload was refused.',
      lastReload === null || lastReload.outcome.ok ? 1 : 0,
    ),
    gauge(
      'tollgate_last_certificate_load_successful',
      '1 unless a changed or new certificate could not be used when last tried; the former one is served on.',
      (lastCertificateLoad?.errors ?? []).length === 0 ? 1 : 0,
    ),
  ];
}
