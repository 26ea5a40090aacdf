// One subject in one lab, ready to be driven again and again: opened, its answer validated, its windows measured with probes beside.
import { LIVE, readTcpSegments } from '@tollgate/host';
import { type RunningGenerator, startGenerator } from '../load/run.ts';
import type { ConnectionMode, LoadReport, LoadSpec } from '../load/spec.ts';
import { type FirewallLevel, rulesetOf } from '../lab/firewall.ts';
import { type Lab, openLab } from '../lab/lab.ts';
import { type RunningSubject, startSubject } from '../lab/subject/start.ts';
import type { Subject, Workbench } from '../lab/subject/contract.ts';
import { pidsOf, watch } from '../lab/watch.ts';
import type { Driven } from '../result/recording.ts';
import { record, type RunNote } from './record.ts';
import type { Session } from './session.ts';

export interface CellPlan {
  readonly name: string;
  readonly firewall: FirewallLevel;
  readonly journal: boolean;
  readonly subject: (bench: Workbench) => Subject;
  readonly clientPorts?: readonly [low: number, high: number];
}

export interface LoadShape {
  readonly mode: ConnectionMode;
  readonly connections: number;
  /** `undefined`: closed loop. */
  readonly rate?: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly timeoutMs?: number;
  readonly protocol?: 'h1' | 'h2';
  /** In place of the subject's own. */
  readonly request?: Pick<Subject, 'path' | 'expect'>;
}

export interface Cell {
  readonly plan: CellPlan;
  readonly lab: Lab;
  readonly running: RunningSubject;
  /** Of the server's programs, by name, and of the core's softirq thread, which does what interrupts left over. */
  readonly pids: Readonly<Record<string, number>>;
  drive(shape: LoadShape, hooks?: DriveHooks): Promise<Driven>;
  /** Client connections since its namespace began, by the server's own kernel; `null` on loopback, where all are mixed. */
  accepted(): number | null;
  /** Without probes; connections stay open for the next time. */
  send(shape: LoadShape): Promise<LoadReport>;
  close(): Promise<void>;
}

export interface DriveHooks {
  readonly kernelLog?: boolean;
  /** What the run is called in the rows; without it nothing of it is kept. */
  readonly note?: RunNote;
  /** Called as measuring begins, to stage an incident. */
  readonly onMeasuring?: () => void;
}

/** A new connection's answer may wait for the kernel's SYN retries at 1 and 3 s; past that it is an error. */
const TIMEOUT_MS = 5000;

export async function openCell(session: Session, plan: CellPlan): Promise<Cell> {
  const lab = await openLab(session.scope, {
    cores: session.cores,
    firewall: plan.firewall,
    ownRuleset: session.ownRuleset,
    journal: plan.journal,
    ...(plan.clientPorts === undefined ? {} : { clientPorts: plan.clientPorts }),
  });
  const generator = generatorOf(lab);
  const directory = session.directory(plan.name);
  const subject = plan.subject({
    directory,
    address: lab.address,
    upstreamAddress: lab.upstreamAddress,
    ...session.certificate,
  });
  session.keepConfigs(subject.name, subject.configs);
  const ruleset = rulesetOf(plan.firewall, session.ownRuleset);
  if (ruleset !== null) session.keepConfigs(`firewall ${plan.firewall}`, { 'ruleset.nft': ruleset });
  try {
    const running = await startSubject(lab, subject, directory);
    const cell: Cell = {
      plan,
      lab,
      running,
      accepted: () => (lab.namespace === undefined ? null : acceptedIn(lab.namespace.netOf)),
      pids: pidsOf(running.processes, session.cores.server),
      send: (shape) => generator.run({ ...specOf(lab, running.subject, shape), keepOpen: true }),
      drive: (shape, hooks = {}) => drive(session, { lab, running, generator }, shape, hooks),
      close: () => lab.scope.close(),
    };
    await validate(cell);
    return cell;
  } catch (error) {
    await lab.scope.close();
    throw new Error(`${plan.name} could not be measured`, { cause: error });
  }
}

/** A hop inside the namespace is opened there as well as accepted, a client's connection only accepted. */
function acceptedIn(netOf: number): number | null {
  const tcp = readTcpSegments(LIVE, netOf);
  return tcp.ok ? tcp.value.passiveOpens - tcp.value.activeOpens : null;
}

/** One for all that the cell is driven: a fresh one would spend each window's first second on compiling itself. */
function generatorOf({ client, cores, scope }: Lab): RunningGenerator {
  const generator = startGenerator({
    cpu: cores.generator,
    ...(client.netns === undefined ? {} : { netns: client.netns }),
  });
  scope.defer(() => generator.close());
  return generator;
}

/** On a crowded machine a short window can pass before the first connection is made: longer ones follow. */
const VALIDATE_MS = [150, 1000, 5000] as const;

/** Nothing is timed before it is known to answer right: status and length of every answer. */
async function validate(cell: Cell): Promise<void> {
  let errors: readonly string[] = [];
  for (const durationMs of VALIDATE_MS) {
    const { report } = await cell.drive({ mode: 'new', connections: 1, warmupMs: 0, durationMs });
    errors = Object.entries(report.errors).flatMap(([phase, count]) =>
      count > 0 ? [`${count} × ${phase}`] : [],
    );
    if (report.good > 0 && errors.length === 0) return;
    if (errors.length > 0) break;
  }
  const { subject, processes } = cell.running;
  const said = Object.values(processes).map(({ name, output }) => `${name}: ${output}`);
  throw new Error(
    `${subject.path}: expected status ${subject.expect.status} and ${subject.expect.bodyBytes} bytes, ` +
      `got ${errors.join(', ') || 'no answer'}\n${said.join('\n')}`,
  );
}

interface Driving {
  readonly lab: Lab;
  readonly running: RunningSubject;
  readonly generator: RunningGenerator;
}

async function drive(
  session: Session,
  { lab, running, generator }: Driving,
  shape: LoadShape,
  hooks: DriveHooks,
): Promise<Driven> {
  const recorder = hooks.note === undefined ? undefined : record(session, hooks.note, shape);
  const probes = watch(session.scope, {
    core: lab.cores.server,
    netOf: lab.server.netOf,
    clientNetOf: lab.client.netOf,
    processes: running.processes,
    kernelLog: hooks.kernelLog === true,
    ...(recorder === undefined ? {} : { onSample: recorder.onSample }),
  });
  try {
    const report = await generator.run(specOf(lab, running.subject, shape), {
      ...recorder,
      onPhase: (phase, startedAtMs) => {
        recorder?.onPhase?.(phase, startedAtMs);
        if (phase === 'measuring') hooks.onMeasuring?.();
      },
    });
    probes.take();
    recorder?.onReport(report);
    return { report, samples: probes.samples };
  } finally {
    probes.stop();
  }
}

function specOf(lab: Lab, subject: Subject, shape: LoadShape): LoadSpec {
  const { path, expect } = shape.request ?? subject;
  return {
    host: lab.address,
    port: subject.port,
    scheme: subject.scheme,
    path,
    serverName: 'tollgate.test',
    protocol: shape.protocol ?? 'h1',
    mode: shape.mode,
    connections: shape.connections,
    ...(shape.rate === undefined ? {} : { rate: shape.rate }),
    warmupMs: shape.warmupMs,
    durationMs: shape.durationMs,
    timeoutMs: shape.timeoutMs ?? TIMEOUT_MS,
    sourceAddresses: lab.sourceAddresses,
    verify: false,
    expectStatus: expect.status,
    expectBodyBytes: expect.bodyBytes,
  };
}
