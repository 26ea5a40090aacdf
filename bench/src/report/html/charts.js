// Runs in the page: draws the panels over time with uPlot, in the colours of the style sheet, light, dark or on paper.
/* global uPlot, document, window, getComputedStyle, ResizeObserver */
(() => {
  const data = JSON.parse(document.getElementById('panels').textContent);
  const plots = [];
  const AXIS_WIDTH = 58;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const short = (value) => {
    const size = Math.abs(value);
    if (size >= 1e6) return `${+(value / 1e6).toFixed(1)} M`;
    if (size >= 1e4) return `${+(value / 1e3).toFixed(1)} k`;
    return String(+value.toFixed(size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0));
  };

  /** A second lasts until the next one begins: each is two points, its start and just before its end. */
  const columns = (panel, length) => [
    Array.from({ length: length * 2 }, (_, point) => (point >> 1) + (point & 1) * 0.9999),
    ...panel.series.map(({ values }) =>
      Array.from({ length: length * 2 }, (_, point) => values[point >> 1] ?? null),
    ),
  ];

  const drawMarks = (marks, labelled) => (plot) => {
    const { ctx, bbox } = plot;
    const ratio = window.devicePixelRatio;
    ctx.save();
    ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
    for (const [index, mark] of marks.entries()) {
      const x = Math.round(plot.valToPos(mark.second, 'x', true));
      ctx.strokeStyle = ctx.fillStyle = colour(mark.colour);
      ctx.lineWidth = 1.5 * ratio;
      ctx.setLineDash(mark.dashed ? [4 * ratio, 4 * ratio] : []);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      if (!labelled) continue;
      // Right of the line there is less to write over: what follows a collapse is little.
      const room = bbox.left + bbox.width - x - 6 * ratio;
      const fitting = [mark.label, mark.short].find((text) => ctx.measureText(text).width < room);
      const toRight = fitting !== undefined;
      const text = fitting ?? mark.short;
      ctx.textAlign = toRight ? 'left' : 'right';
      ctx.fillText(text, x + (toRight ? 5 : -5) * ratio, bbox.top + (12 + index * 15) * ratio);
    }
    ctx.restore();
  };

  const seriesOf = ({ label, colour: name, filled, dashed }) => ({
    label,
    stroke: () => colour(name),
    width: filled ? 1.5 : 1.75,
    ...(filled ? { fill: () => `${colour(name)}33` } : {}),
    ...(dashed ? { dash: [5, 4] } : {}),
    points: { show: false },
    spanGaps: false,
  });

  const axis = (extra) => ({
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
    ...extra,
  });

  const draw = (holder, run, panel, isFirst, isLast) => {
    const figures = [...holder.querySelectorAll('.figure')];
    const show = (plot) => {
      const at = plot.cursor.idx;
      for (const [index, element] of figures.entries()) {
        const value = at == null ? null : plot.data[index + 1][at];
        element.textContent = value == null ? '' : ` ${short(value)}${panel.unit}`;
      }
    };
    const options = {
      width: holder.clientWidth,
      height: panel.height + (isLast ? 22 : 0),
      padding: [8, 16, isLast ? 0 : 8, 0],
      legend: { show: false },
      cursor: { sync: { key: run.name }, y: false, points: { size: 6 } },
      scales: {
        x: { time: false, range: [0, run.length] },
        y: { range: (_, low, high) => [0, Math.max(high, panel.least) * 1.08] },
      },
      axes: [
        axis({
          show: isLast,
          size: 28,
          values: (_, ticks) => ticks.map((tick) => `${tick} s`),
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600],
        }),
        axis({
          size: AXIS_WIDTH,
          values: (_, ticks) => ticks.map((tick) => short(tick) + panel.unit.trimEnd()),
        }),
      ],
      series: [{ label: 'second' }, ...panel.series.map(seriesOf)],
      hooks: { draw: [drawMarks(run.marks, isFirst)], setCursor: [show] },
    };
    const plot = new uPlot(options, columns(panel, run.length), holder.querySelector('.canvas'));
    plots.push({ plot, holder, height: options.height });
  };

  for (const [index, run] of data.entries()) {
    for (const [row, panel] of run.panels.entries()) {
      const holder = document.getElementById(`panel-${index}-${row}`);
      draw(holder, run, panel, row === 0, row === run.panels.length - 1);
    }
  }

  const resize = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const found = plots.find(({ holder }) => holder === target);
      if (found && target.clientWidth > 0)
        found.plot.setSize({ width: target.clientWidth, height: found.height });
    }
  });
  for (const { holder } of plots) resize.observe(holder);

  const redraw = () => {
    for (const { plot } of plots) plot.redraw(false, true);
  };
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  window.matchMedia('print').addEventListener('change', redraw);
  window.addEventListener('beforeprint', redraw);
  document.documentElement.dataset.charts = String(plots.length);
})();
