// Charts over the last five minutes, on a canvas: stacked areas or lines, the newest second at the right edge.

export const SPAN_SECONDS = 300;
const SHORTEST_SECONDS = 60;
const TICKS = 5;

/** A canvas in the pixels of its screen; everything is drawn in CSS pixels. */
function stage(canvas, points) {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const nowMs = points.at(-1)?.timeMs ?? Date.now();
  return { context, nowMs, span: spanOf(points), left: 0, right: width, top: 18, bottom: height - 22 };
}

/** Whole minutes, so that a young chart is not empty and an older one does not creep. */
function spanOf(points) {
  const seconds = ((points.at(-1)?.timeMs ?? 0) - (points[0]?.timeMs ?? 0)) / 1000;
  const minutes = Math.ceil(seconds / SHORTEST_SECONDS) * SHORTEST_SECONDS;
  return Math.min(SPAN_SECONDS, Math.max(SHORTEST_SECONDS, minutes));
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `light-dark()` is kept as written in a custom property; a real property resolves it. */
const probe = document.createElement('i');
function resolved(name) {
  if (probe.parentNode === null) document.body.append(probe);
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color || colour(name);
}

/** 1, 2 or 5 times a power of ten, at or above `value`. */
export function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((bound) => bound >= value * (1 - 1e-9)) ?? value;
}

const xOf = ({ left, right, nowMs, span }, timeMs) =>
  Math.max(left, right - ((nowMs - timeMs) / 1000 / span) * (right - left));

function drawGrid(area, lines) {
  const { context } = area;
  context.font = `12px ${colour('--sans')}`;
  context.strokeStyle = resolved('--grid');
  context.fillStyle = resolved('--soft');
  context.lineWidth = 1;
  for (const { y, text } of lines) {
    context.beginPath();
    context.moveTo(area.left, Math.round(y) + 0.5);
    context.lineTo(area.right, Math.round(y) + 0.5);
    context.stroke();
    context.fillText(text, area.left, y - 5);
  }
  for (let tick = 0; tick <= TICKS; tick += 1) {
    const ago = (area.span / TICKS) * tick;
    context.textAlign = tick === 0 ? 'right' : tick === TICKS ? 'left' : 'center';
    context.fillText(agoText(ago), xOf(area, area.nowMs - ago * 1000), area.bottom + 16);
  }
  context.textAlign = 'left';
}

const agoText = (seconds) =>
  seconds === 0 ? 'now' : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;

/** Runs of seconds without a gap: a page that slept must not draw what nobody saw. */
export function runsOf(points) {
  const runs = [];
  for (const point of points) {
    const last = runs.at(-1)?.at(-1);
    if (last === undefined || point.timeMs - last.timeMs > 5000) runs.push([point]);
    else runs.at(-1).push(point);
  }
  return runs;
}

/** `series`: from the bottom up, each a colour's name and what it reads of a point. */
export function drawStack(canvas, points, series) {
  const area = stage(canvas, points);
  const sum = (point) => series.reduce((all, { valueOf }) => all + valueOf(point), 0);
  const most = niceCeiling(Math.max(10, ...points.map(sum)) * 1.05);
  const yOf = (value) => area.bottom - (value / most) * (area.bottom - area.top);
  const lines = [0.5, 1].map((part) => ({ y: yOf(most * part), text: (most * part).toLocaleString('en') }));
  drawGrid(area, [...lines, { y: yOf(0), text: '' }]);
  for (const run of runsOf(points)) drawLayers(area, run, series, yOf);
}

function drawLayers(area, run, series, yOf) {
  const { context } = area;
  let floor = run.map(() => 0);
  for (const { name, valueOf } of series) {
    const below = floor;
    const top = run.map((point, at) => below[at] + valueOf(point));
    if (top.some((value, at) => value > below[at])) {
      context.fillStyle = resolved(name);
      context.beginPath();
      for (const [at, point] of run.entries()) context.lineTo(xOf(area, point.timeMs), yOf(top[at]));
      for (const [at, point] of [...run.entries()].toReversed())
        context.lineTo(xOf(area, point.timeMs), yOf(below[at]));
      context.closePath();
      context.fill();
    }
    floor = top;
  }
}

/** Milliseconds on a logarithmic scale: a median and a tail are often a hundredfold apart. */
export function drawTimes(canvas, points, series) {
  const area = stage(canvas, points);
  const values = points
    .flatMap((point) => series.map(({ valueOf }) => valueOf(point)))
    .filter((ms) => ms > 0);
  const low = Math.floor(Math.log10(Math.min(1, ...values)));
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(10, ...values))));
  const yOf = (ms) => area.bottom - ((Math.log10(ms) - low) / (high - low)) * (area.bottom - area.top);
  const lines = [];
  for (let power = low; power <= high; power += 1)
    lines.push({ y: yOf(10 ** power), text: timeText(10 ** power) });
  drawGrid(area, lines);
  for (const { name, valueOf } of series)
    for (const run of runsOf(points.filter((point) => valueOf(point) > 0)))
      drawLine(area, run, name, (point) => [xOf(area, point.timeMs), yOf(valueOf(point))]);
}

function drawLine({ context }, run, name, placeOf) {
  context.strokeStyle = resolved(name);
  context.lineWidth = 2;
  context.lineJoin = 'round';
  context.beginPath();
  for (const point of run) context.lineTo(...placeOf(point));
  context.stroke();
}

/** In the unit that reads best. */
export function timeText(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms >= 1000) return `${rounded(ms / 1000)} s`;
  if (ms >= 1) return `${rounded(ms)} ms`;
  return `${rounded(ms * 1000)} µs`;
}

/** Three digits that count. */
export const rounded = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
