// What logging costs here: journald's share of the CPU, lines it threw away, lines written twice.
import { type Check, judged, statusAbove, unknown } from './check.ts';
import { growth, type View } from './view.ts';

export function loggingChecks(view: View): readonly Check[] {
  const suppressed = view.now.suppressed === undefined ? [] : [suppressedCheck(view)];
  return [journaldCheck(view), ...suppressed, doubleCheck(view)];
}

function journaldCheck({ before, now, seconds }: View): Check {
  const id = 'journald-cpu';
  if (!now.journaldMicros.ok) return unknown(id, `processes cannot be read (${now.journaldMicros.why})`);
  const absent = now.journaldMicros.value === undefined;
  const micros = growth(before.journaldMicros, now.journaldMicros, (value) => value ?? 0);
  const share = Math.round(micros / seconds / 1000) / 10;
  return judged({
    id,
    status: statusAbove(share, { warn: 5, fail: 20 }),
    value: share,
    limit: 5,
    unit: '% of a core',
    good: absent ? 'no journald runs here' : `journald takes ${share} % of a core`,
    bad: `journald takes ${share} % of a core: a line a request wakes it each time`,
    fix: 'requestLog: { to: FILE }, or mode: auto; batched lines cost it a quarter',
    confidence: seconds >= 1 ? 'high' : 'low',
  });
}

function suppressedCheck({ now }: View): Check {
  const id = 'journal-suppressed';
  if (now.suppressed?.ok !== true) return unknown(id, 'journalctl cannot be asked');
  const { messages, unit } = now.suppressed.value;
  return judged({
    id,
    status: statusAbove(messages, { warn: 1, fail: 10_000 }),
    value: messages,
    limit: 1,
    unit: 'lines in 10 min',
    good: 'journald has thrown no line away',
    bad: `journald has thrown ${messages} lines away${unit === undefined ? '' : ` of ${unit}`}: it takes 10,000 in 30 s from one service`,
    fix: 'LogNamespace= of its own and LogRateLimitIntervalSec=0 in the unit, or a log file',
  });
}

function doubleCheck({ now }: View): Check {
  const { doubleLogging } = now.neighbours;
  return judged({
    id: 'double-logging',
    status: doubleLogging ? 'warn' : 'ok',
    value: doubleLogging ? 'yes' : 'no',
    limit: 'no',
    unit: '',
    good: 'each line is written once',
    bad: 'journald hands every line to rsyslog, which writes it to disk a second time',
    fix: 'ForwardToSyslog=no in /etc/systemd/journald.conf, or: apt remove rsyslog',
    never: { fail: 'it doubles a cost; journald-cpu and steal say when that cost is too high' },
  });
}
