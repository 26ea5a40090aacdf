// The cards below the charts: each takes one second's figures and shows them. Texts go in as text, never as markup.
import { rounded, timeText } from './chart.js';

const byId = (id) => document.getElementById(id);

/** An element with texts or elements in it. */
function element(tag, { className = '', style = {} } = {}, ...inside) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  for (const [name, value] of Object.entries(style)) made.style.setProperty(name, value);
  made.append(...inside);
  return made;
}

const fact = (name, value, className = '') =>
  element('div', { className }, element('dt', {}, name), element('dd', {}, value));

const bytesText = (bytes) => {
  const [unit, size] = [
    ['GB', 2 ** 30],
    ['MB', 2 ** 20],
    ['KB', 2 ** 10],
  ].find(([, least]) => bytes >= least) ?? ['B', 1];
  return `${rounded(bytes / size)} ${unit}`;
};

export const countText = (value) => (value >= 10 ? Math.round(value).toLocaleString('en') : rounded(value));

export function showStrip(pulse) {
  const cells = [
    [countText(pulse.active), 'requests under way'],
    [countText(pulse.connections), 'connections open'],
    [`${countText(pulse.accepted)}/s`, 'new connections'],
    [`${countText(pulse.handshakes)}/s`, `TLS handshakes${resumedText(pulse)}`],
    ...(pulse.websockets > 0 ? [[countText(pulse.websockets), 'WebSockets']] : []),
    [`${bytesText(pulse.bytesOut)}/s`, 'bodies out'],
    [`${bytesText(pulse.bytesIn)}/s`, 'bodies in'],
    ...cacheCells(pulse),
    [timeText(pulse.loopDelayP99Ms), 'event loop late (p99)'],
  ];
  byId('strip').replaceChildren(
    ...cells.map(([value, name]) => element('div', {}, element('b', {}, value), element('span', {}, name))),
  );
}

/** Nothing on a site without a cache. */
function cacheCells({ cache }) {
  if (cache === null) return [];
  const all = cache.served + cache.asked;
  const share = all > 0 ? `, ${Math.round((cache.served / all) * 100)} %` : '';
  return [[`${countText(cache.served)}/s`, `from the cache${share}`]];
}

const resumedText = ({ handshakes, resumed }) =>
  handshakes > 0 && resumed > 0 ? `, ${Math.round((resumed / handshakes) * 100)} % resumed` : '';

const LEVELS = [75, 90];

export function showTable({ table, queue }) {
  if (table === null) {
    const none = 'This kernel tracks no connections, so there is no table to fill.';
    byId('table').replaceChildren(element('p', { className: 'quiet' }, none), queueLine(queue));
    return;
  }
  const percent = (table.entries / table.max) * 100;
  const kind = percent >= 90 ? 'gauge full' : percent >= 75 ? 'gauge high' : 'gauge';
  const gauge = element(
    'div',
    { className: kind, style: { '--part': `${Math.min(100, percent)}%` } },
    element('i'),
    ...LEVELS.map((level) => element('u', { style: { '--at': `${level}%` } })),
  );
  const marks = element(
    'div',
    { className: 'marks' },
    ...LEVELS.map((level) => element('span', { style: { '--at': `${level}%` } }, `${level}`)),
  );
  const used = `${table.entries.toLocaleString('en')} of ${table.max.toLocaleString('en')} entries, ${rounded(percent)} %`;
  byId('table').replaceChildren(
    element('p', {}, used),
    gauge,
    marks,
    cliffLine(table, percent),
    queueLine(queue),
  );
}

/** At a few entries in a large table any rate fills it some day: only what is near is a cliff. */
const NEAR_SECONDS = 3600;

function cliffLine({ entries, max, secondsToFull, drops }, percent) {
  if (entries >= max)
    return element('p', { className: 'verdict bad' }, 'Full: new connections are dropped. tollgate doctor');
  if (secondsToFull !== null && secondsToFull < NEAR_SECONDS)
    return element(
      'p',
      { className: 'verdict bad' },
      `The cliff: full in ${spanText(secondsToFull)} at this rate.`,
    );
  const dropped = drops > 0 ? ` It has dropped ${drops.toLocaleString('en')} so far.` : '';
  const calm = percent >= LEVELS[0] ? 'Nearly full, and not filling.' : 'No cliff in sight.';
  return element('p', { className: 'verdict' }, calm + dropped);
}

const spanText = (seconds) => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`);

function queueLine(queue) {
  if (queue === null) return '';
  return element('p', { className: 'fine' }, `Accept queue: ${queue.waiting} of ${queue.max} waiting.`);
}

export function showLog({ log }) {
  for (const button of byId('log-modes').children)
    button.setAttribute('aria-pressed', String(button.value === log.mode));
  byId('log').replaceChildren(
    fact('written', `${countText(log.written)}/s`),
    fact('shed', `${countText(log.shed)}/s, ${log.shedInAll.toLocaleString('en')} in all`),
    fact('lost', log.droppedInAll.toLocaleString('en'), log.droppedInAll > 0 ? 'bad' : ''),
  );
}

const NAMES = {
  tls: 'TLS handshakes',
  front: 'Front: gate, routes, lanes',
  hop: 'Upstream hop',
  log: 'Request log',
  app: 'App in this process',
  writes: 'Answers: TLS, kernel',
  reads: 'Reads: TLS, kernel',
  collector: 'Garbage collector',
  other: 'Rest of the event loop',
  main: 'Event loop: all layers',
  helpers: 'V8 helpers: garbage, compiler',
  pool: 'Thread pool: files',
  journald: 'journald',
  softirq: 'softirq, whole machine',
};

/** A hundredth of a microsecond is nothing. */
const microsText = (micros) => (micros < 0.01 ? '0' : rounded(micros));

const KEYS = { tls: '--kept', hop: '--good', log: '--warn', app: '--red' };

function row({ name, micros, plusMinus }, most, className = '') {
  const value = element('dd', {}, `${microsText(micros)} µs`);
  if (plusMinus !== null) value.append(' ', element('small', {}, `± ${microsText(plusMinus)}`));
  const bar = element('span', {
    className: 'bar',
    style: { '--part': `${(micros / most) * 100}%`, ...(name in KEYS && { '--key': `var(${KEYS[name]})` }) },
  });
  return element(
    'div',
    { className },
    element('dt', {}, NAMES[name]),
    value,
    ...(className === '' ? [bar] : []),
  );
}

export function showToll({ cost }) {
  if (cost === null) {
    byId('toll').replaceChildren();
    byId('toll-note').textContent = 'Too few requests in the last ten seconds to share the CPU time out.';
    return;
  }
  const { own, beside, totalMicros, kernelMicros } = cost;
  const most = Math.max(...own.map(({ micros }) => micros), 1e-9);
  byId('toll-window').textContent =
    `CPU for each request, last ${Math.round(cost.seconds)} s, ${cost.requests.toLocaleString('en')} requests`;
  byId('toll').replaceChildren(
    ...own.map((part) => row(part, most)),
    fact('A request costs', `${rounded(totalMicros)} µs`, 'total'),
    fact('of it in the kernel', `${rounded(kernelMicros)} µs`, 'beside'),
    ...beside.map((part, at) => row(part, most, at === 0 ? 'beside first' : 'beside')),
  );
  byId('toll-note').textContent = noteOf(cost);
}

/** Below this share of a core a process mostly keeps itself awake. */
const LITTLE_LOAD = 0.1;

function noteOf(cost) {
  const load = (cost.totalMicros * cost.requests) / cost.seconds / 1e6;
  const idle = ' So little load shares the price of being awake among few requests.';
  return sourceOf(cost) + (load < LITTLE_LOAD ? idle : '');
}

function sourceOf({ samples, pausedMs }) {
  if (samples === null)
    return 'From the kernel’s clocks. To tell the layers of the event loop apart, the process is sampled 200 times a second; that begins with one pause.';
  const paused = pausedMs === null ? '' : ` The start paused the site for ${timeText(pausedMs)}.`;
  return `Rows with ± are estimates from ${Math.round(samples).toLocaleString('en')} samples, the others the kernel’s clocks.${paused}`;
}

const STATES = {
  up: 'in use',
  marked: 'left alone for now',
  trial: 'asked once a second',
  unhealthy: 'fails its checks',
};

export function showServers({ upstreams }) {
  if (upstreams.length === 0) {
    byId('servers').replaceChildren(element('li', { className: 'quiet' }, 'No route asks another process.'));
    return;
  }
  byId('servers').replaceChildren(
    ...upstreams.map(({ server, state, fault, active, requests, failures }) =>
      element(
        'li',
        { className: state === 'up' ? '' : state === 'trial' ? 'trial' : 'down' },
        element('b', {}, server),
        element('em', {}, `${countText(requests)}/s`),
        element('span', {}, [STATES[state] ?? state, fault].filter(Boolean).join(': ')),
        element('span', {}, `${active} under way${failures > 0 ? `, ${countText(failures)}/s fail` : ''}`),
      ),
    ),
  );
}

export function showWorkers({ processes }) {
  byId('workers').replaceChildren(
    ...processes.map(({ worker, pid, restarts, cpuPercent, memoryBytes }) =>
      element(
        'li',
        {},
        element('b', {}, worker === 0 ? 'process' : `worker ${worker}`),
        element('em', {}, cpuPercent === null ? 'no answer' : `${Math.round(cpuPercent)} % of a core`),
        element('span', {}, `pid ${pid}${restarts > 0 ? `, replaced ${restarts} times` : ''}`),
        element('span', {}, memoryBytes === null ? '' : bytesText(memoryBytes)),
      ),
    ),
  );
}

export function showRefusals({ refusals, tlsFailures }) {
  const rates = Object.entries({
    ...refusals,
    ...(tlsFailures > 0 && { 'TLS handshake failed': tlsFailures }),
  });
  const rows = rates
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 8)
    .map(([reason, rate]) => fact(reason, `${countText(rate)}/s`));
  byId('refusals').replaceChildren(
    ...(rows.length === 0 ? [element('p', { className: 'quiet' }, 'Nothing in the last second.')] : rows),
  );
}
