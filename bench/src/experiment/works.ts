// What `compare` has done, and by whom: each work is one request done by several subjects in the same way.
import type { ConnectionMode } from '../load/spec.ts';
import { caddy } from '../lab/subject/caddy.ts';
import { siteFile, type FromDisk, type Subject, type Workbench } from '../lab/subject/contract.ts';
import { haproxy } from '../lab/subject/haproxy.ts';
import { nginx } from '../lab/subject/nginx.ts';
import { tollgate } from '../lab/subject/tollgate.ts';
import type { CellPlan } from './cell.ts';
import { UsageError } from './usage-error.ts';

export interface Work {
  readonly name: string;
  /** Works of one family have their subjects in common: they are up together, and started once. */
  readonly family: string;
  readonly mode: ConnectionMode;
  readonly protocol: 'h1' | 'h2';
  /** In place of the small answer. */
  readonly request?: Pick<Subject, 'path' | 'expect'>;
  /** Only when its name is asked for: a run of everything is long enough. */
  readonly onDemand?: true;
  /** What all others are held against; first in `subjects`. */
  readonly baseline: string;
  readonly subjects: readonly CellPlan[];
}

type Build = (bench: Workbench) => Subject;

const plan = (name: string, subject: Build): CellPlan => ({
  name,
  firewall: 'none',
  journal: false,
  subject,
});

const nginxTcp: Build = (bench) => nginx(bench, { name: 'nginx tuned', hop: 'tcp', tuned: true });

/** The same site by everybody: TLS in front of the same backend over loopback TCP; and once with the app in the front's process. */
const SITE: readonly CellPlan[] = [
  plan('nginx tuned', nginxTcp),
  plan('nginx as shipped', (bench) => nginx(bench, { name: 'nginx as shipped', hop: 'tcp', tuned: false })),
  plan('tollgate wire', (bench) =>
    tollgate(bench, { name: 'tollgate wire', hop: 'tcp', engine: 'wire', requestLog: 'off' }),
  ),
  plan('tollgate http-proxy', (bench) =>
    tollgate(bench, { name: 'tollgate http-proxy', hop: 'tcp', engine: 'http-proxy', requestLog: 'off' }),
  ),
  plan('tollgate in process', (bench) =>
    tollgate(bench, { name: 'tollgate in process', hop: 'in-process', requestLog: 'off' }),
  ),
  plan('haproxy tuned', (bench) => haproxy(bench, { name: 'haproxy tuned', hop: 'tcp', tuned: true })),
  plan('haproxy as shipped', (bench) =>
    haproxy(bench, { name: 'haproxy as shipped', hop: 'tcp', tuned: false }),
  ),
  plan('caddy tuned', (bench) => caddy(bench, { name: 'caddy tuned', hop: 'tcp', tuned: true })),
  plan('caddy as shipped', (bench) => caddy(bench, { name: 'caddy as shipped', hop: 'tcp', tuned: false })),
];

const MEMORY: readonly CellPlan[] = [
  plan('nginx return', (bench) => nginx(bench, { name: 'nginx return', hop: 'respond', tuned: true })),
  plan('tollgate respond', (bench) =>
    tollgate(bench, { name: 'tollgate respond', hop: 'respond', requestLog: 'off' }),
  ),
];

const fromDisk = (hop: FromDisk): readonly CellPlan[] => [
  plan(`nginx ${hop}`, (bench) => nginx(bench, { name: `nginx ${hop}`, hop, tuned: true })),
  plan(`tollgate ${hop}`, (bench) => tollgate(bench, { name: `tollgate ${hop}`, hop, requestLog: 'off' })),
];

const tollgateWorkers = (workers: number): CellPlan =>
  plan(`tollgate, ${workers === 1 ? 'one worker' : 'two workers'}`, (bench) =>
    tollgate(bench, { name: `tollgate, ${workers} workers`, hop: 'in-process', requestLog: 'off', workers }),
  );

/** On one core two workers can win nothing; what they cost is what a second core has to pay for first. */
const WORKERS: readonly CellPlan[] = [tollgateWorkers(1), tollgateWorkers(2)];

const OF_SITE = { family: 'site', protocol: 'h1', baseline: 'nginx tuned', subjects: SITE } as const;
const OF_FILES = {
  family: 'files',
  mode: 'keepalive',
  baseline: 'nginx files',
  subjects: fromDisk('files'),
  onDemand: true,
} as const;
const OF_CACHE = {
  family: 'cache',
  mode: 'keepalive',
  baseline: 'nginx cache',
  subjects: fromDisk('cache'),
  onDemand: true,
} as const;
const IN_MEMORY = { family: 'in memory', baseline: 'nginx return', subjects: MEMORY } as const;

const WORKS: readonly Work[] = [
  { name: 'site, keep-alive', mode: 'keepalive', ...OF_SITE },
  { name: 'site, new connection', mode: 'new', ...OF_SITE },
  { name: 'site, h2', mode: 'keepalive', ...OF_SITE, protocol: 'h2' },
  { name: 'site, 64 KB body', mode: 'keepalive', ...OF_SITE, request: download(65_536) },
  { name: 'site, 10 MB body', mode: 'keepalive', ...OF_SITE, request: download(10_000_000) },
  { name: 'in memory, keep-alive', mode: 'keepalive', protocol: 'h1', ...IN_MEMORY },
  { name: 'in memory, h2', mode: 'keepalive', protocol: 'h2', ...IN_MEMORY },
  { name: 'file of 1 KB', protocol: 'h1', ...OF_FILES, request: siteFile('1k.bin') },
  { name: 'file of 16 KB', protocol: 'h1', ...OF_FILES, request: siteFile('16k.bin') },
  { name: 'file of 64 KB', protocol: 'h1', ...OF_FILES, request: siteFile('64k.bin') },
  { name: 'file of 10 MB', protocol: 'h1', ...OF_FILES, request: siteFile('10m.bin') },
  { name: 'file over h2', protocol: 'h2', ...OF_FILES, request: siteFile('1k.bin') },
  { name: 'cached 1 KB', protocol: 'h1', ...OF_CACHE, request: siteFile('1k.bin') },
  { name: 'cached 16 KB', protocol: 'h1', ...OF_CACHE, request: siteFile('16k.bin') },
  { name: 'cached over h2', protocol: 'h2', ...OF_CACHE, request: siteFile('1k.bin') },
  {
    name: 'two workers on one core',
    family: 'workers',
    mode: 'keepalive',
    protocol: 'h1',
    baseline: 'tollgate, one worker',
    subjects: WORKERS,
  },
];

function download(bytes: number): Pick<Subject, 'path' | 'expect'> {
  return { path: `/download?bytes=${bytes}`, expect: { status: 200, bodyBytes: bytes } };
}

/** As onDemand: of nine subjects in five works nine minutes give two blocks, which tell nothing. */
const isAsShipped = (name: string): boolean => name.endsWith('as shipped');

/** Who holds idle connections: every front once, at its lean end. */
const IDLE: readonly CellPlan[] = SITE.filter(({ name }) => !isAsShipped(name));
const IDLE_WORK = 'idle memory';

export interface Chosen {
  readonly works: readonly Work[];
  readonly idle: readonly CellPlan[];
}

/** Words of `--only`, and without any what a run of everything has time for: a work or a subject stays when its name holds one of them; a work needs its baseline and one more. */
export function chosenWorks(words: readonly string[]): Chosen {
  const names = [...WORKS.map(({ name }) => name), IDLE_WORK];
  const ofWork = words.filter((word) => names.some((name) => name.includes(word)));
  const ofSubject = words.filter((word) => !ofWork.includes(word));
  const isNamed = (name: string): boolean => ofWork.some((word) => name.includes(word));
  const isWork = (name: string): boolean => ofWork.length === 0 || isNamed(name);
  const isSubject = ({ name }: CellPlan): boolean =>
    (words.length > 0 || !isAsShipped(name)) &&
    (ofSubject.length === 0 || ofSubject.some((word) => name.includes(word)));
  const works = WORKS.filter(({ name, onDemand }) => (onDemand ? isNamed(name) : isWork(name)))
    .map((work) => ({
      ...work,
      subjects: work.subjects.filter((cell) => cell.name === work.baseline || isSubject(cell)),
    }))
    .filter(({ subjects }) => subjects.length > 1);
  const idle = isWork(IDLE_WORK) ? IDLE.filter(isSubject) : [];
  if (works.length === 0 && idle.length === 0) throw nothingChosen(names, words);
  return { works, idle };
}

function nothingChosen(names: readonly string[], words: readonly string[]): UsageError {
  const subjects = SITE.map(({ name }) => name);
  return new UsageError(
    `--only: expected words of a work (${names.join('; ')}) or a subject (${subjects.join('; ')}), got ${words.join(', ')}`,
  );
}
