// The two text formats that Prometheus reads. They differ in how a counter is named and in how the text ends.
import type { Family, HistogramSample, Labels, Sample } from './family.ts';

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** `accept`: the field as it came. OpenMetrics only for whoever names it, as Prometheus does; a person gets plain text. */
export function expose(families: readonly Family[], accept: string | undefined): Exposition {
  const open = accept?.includes('application/openmetrics-text') === true;
  return open ? openMetrics(families) : prometheusText(families);
}

/** Prometheus text format 0.0.4. */
function prometheusText(families: readonly Family[]): Exposition {
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    text: families.map((family) => familyText(family, sampleName(family))).join(''),
  };
}

/** OpenMetrics 1.0.0: a counter's family has no `_total`, and the end is marked, so that a cut text is seen. */
function openMetrics(families: readonly Family[]): Exposition {
  return {
    contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    text: `${families.map((family) => familyText(family, family.name)).join('')}# EOF\n`,
  };
}

const sampleName = ({ name, type }: Family): string => (type === 'counter' ? `${name}_total` : name);

function familyText(family: Family, name: string): string {
  const head = `# HELP ${name} ${family.help}\n# TYPE ${name} ${family.type}\n`;
  const base = sampleName(family);
  return head + family.samples.map((sample) => sampleText(base, sample)).join('');
}

function sampleText(base: string, sample: Sample | HistogramSample): string {
  const name = 'part' in sample ? `${base}_${sample.part}` : base;
  return `${name}${labelsText(sample.labels)} ${valueText(sample.value)}\n`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const valueText = (value: number): string => (value === Number.POSITIVE_INFINITY ? '+Inf' : String(value));
