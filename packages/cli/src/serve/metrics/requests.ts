// What the routes have answered. Labels are the configuration's own words: a client cannot make a new series.
import { STATUS_CLASSES, type RouteFigures } from '@tollgate/proxy';
import type { Totals } from '../figures/figures.ts';
import { counter, type Family, type Labels } from './family.ts';
import { histogram } from './histogram.ts';

export function requestFamilies({ routes, refusals, drops }: Totals): readonly Family[] {
  return [
    counter(
      'tollgate_requests',
      'Requests answered, by site, route and status class; site and route are "-" when none answered.',
      routes.flatMap((route) =>
        STATUS_CLASSES.map((code, at) => ({
          labels: { ...labelsOf(route), code },
          value: route.answers[at] ?? 0,
        })),
      ),
    ),
    histogram(
      'tollgate_request_duration_seconds',
      'From request head received to last byte handed to the kernel.',
      routes.map((route) => ({ labels: labelsOf(route), figures: route.durations })),
    ),
    histogram(
      'tollgate_upstream_duration_seconds',
      'From request written to the last byte of the upstream, of requests that asked one.',
      routes.map((route) => ({ labels: labelsOf(route), figures: route.upstream })),
    ),
    counter('tollgate_request_body_bytes', 'Body bytes received.', each(routes, 'bytesIn')),
    counter('tollgate_response_body_bytes', 'Body bytes sent.', each(routes, 'bytesOut')),
    counter(
      'tollgate_refusals',
      'Answers that the front gave in place of a target, by reason.',
      byReason(refusals),
    ),
    counter(
      'tollgate_drops',
      'What the front closed, cut or forgot without an answer that would say so, by reason.',
      byReason(drops),
    ),
  ];
}

const byReason = (counts: Readonly<Record<string, number>>): { labels: Labels; value: number }[] =>
  Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }));

const each = (
  routes: readonly RouteFigures[],
  what: 'bytesIn' | 'bytesOut',
): { labels: Labels; value: number }[] =>
  routes.map((route) => ({ labels: labelsOf(route), value: route[what] }));

const labelsOf = ({ site, route }: RouteFigures): Labels => ({ site, route });
