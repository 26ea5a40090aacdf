// The live page: takes the seconds as they come, draws them, and hands the two switches on.
import { drawStack, drawTimes, SPAN_SECONDS, timeText } from './chart.js';
import {
  countText,
  showLog,
  showRefusals,
  showServers,
  showStrip,
  showTable,
  showToll,
  showWorkers,
} from './panels.js';

const byId = (id) => document.getElementById(id);

/** Of `answers`: 1xx to 5xx. */
const CLASSES = [
  { name: '2xx', at: 1, colour: '--good', means: 'answered' },
  { name: '3xx', at: 2, colour: '--kept', means: 'redirected, unchanged' },
  { name: '4xx', at: 3, colour: '--warn', means: 'not as asked' },
  { name: '5xx', at: 4, colour: '--bad', means: 'failed here' },
];

/** Seconds, oldest first; no more than the charts show. */
let beats = [];
let drawing = false;

function keep(more) {
  const newest = more.at(-1)?.timeMs ?? 0;
  const since = newest - SPAN_SECONDS * 1000;
  const known = beats.at(-1)?.timeMs ?? 0;
  beats = [...beats, ...more.filter(({ timeMs }) => timeMs > known)].filter(({ timeMs }) => timeMs >= since);
}

function draw() {
  drawing = false;
  drawStack(
    byId('rate-chart'),
    beats,
    CLASSES.map(({ colour, at }) => ({ name: colour, valueOf: ({ answers }) => answers[at] ?? 0 })),
  );
  drawTimes(byId('latency-chart'), beats, [
    { name: '--red', valueOf: ({ p99Ms }) => p99Ms ?? 0 },
    { name: '--good', valueOf: ({ p50Ms }) => p50Ms ?? 0 },
  ]);
}

function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

function showRate({ answers }) {
  byId('rate').textContent = countText(answers.reduce((sum, rate) => sum + rate, 0));
  byId('classes').replaceChildren(
    ...CLASSES.map(({ name, at, means }) => {
      const line = document.createElement('li');
      const rate = answers[at] ?? 0;
      line.className = `c${name}${rate > 0 ? '' : ' none'}`;
      line.title = means;
      const value = document.createElement('b');
      value.textContent = countText(rate);
      line.append(name, value);
      return line;
    }),
  );
}

function show(pulse) {
  keep([pulse]);
  byId('host').textContent = pulse.host;
  showRate(pulse);
  byId('p50').textContent = timeText(pulse.p50Ms);
  byId('p99').textContent = timeText(pulse.p99Ms);
  showStrip(pulse);
  showTable(pulse);
  showLog(pulse);
  showToll(pulse);
  showServers(pulse);
  showWorkers(pulse);
  showRefusals(pulse);
  showSampling(pulse.sampling);
  drawSoon();
}

function state(kind, text) {
  byId('state').dataset.state = kind;
  byId('state').textContent = text;
  document.body.classList.toggle('lost', kind === 'lost');
}

function listen() {
  const source = new EventSource('/live');
  source.addEventListener('history', ({ data }) => {
    keep(JSON.parse(data));
    drawSoon();
  });
  source.addEventListener('pulse', ({ data }) => {
    state('live', 'live');
    show(JSON.parse(data));
  });
  // The browser tries again by itself, unless it was told no.
  source.addEventListener('error', () => {
    const refused = source.readyState === EventSource.CLOSED;
    state('lost', refused ? 'refused: enough pages watch already' : 'connection lost, trying again');
  });
}

async function order(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.json()).error);
}

const LOG_NOTE = byId('log-note').textContent;

async function switchLog(mode) {
  const note = byId('log-note');
  try {
    await order('/request-log', { mode });
    note.textContent = LOG_NOTE;
    note.classList.remove('bad');
  } catch (error) {
    note.textContent = error.message;
    note.classList.add('bad');
  }
}

for (const mode of ['off', 'errors', 'auto', 'on']) {
  const button = document.createElement('button');
  button.type = 'button';
  button.value = mode;
  button.textContent = mode;
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', () => void switchLog(mode));
  byId('log-modes').append(button);
}

const layers = byId('layers');

function showSampling(on) {
  layers.setAttribute('aria-pressed', String(on));
  layers.textContent = on ? 'Stop sampling' : 'Tell the layers apart';
}

async function switchLayers() {
  layers.disabled = true;
  try {
    await order('/layers', { on: layers.getAttribute('aria-pressed') !== 'true' });
  } catch (error) {
    byId('toll-note').textContent = error.message;
  } finally {
    layers.disabled = false;
  }
}

layers.addEventListener('click', () => void switchLayers());

new ResizeObserver(drawSoon).observe(byId('rate-chart'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawSoon);
listen();
