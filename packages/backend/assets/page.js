// Adds the browser's own account to the receipt: what the network took, which no server can know.
const show = (entry) => {
  const waitMs = entry.responseEnd - entry.startTime;
  const parts = [
    ['Connecting', 'TCP', span(entry.connectStart, entry.secureConnectionStart || entry.connectEnd)],
    ['Securing', 'TLS handshake', span(entry.secureConnectionStart, entry.connectEnd)],
    ['Waiting', 'request sent to first byte', span(entry.requestStart, entry.responseStart)],
    ['Receiving', 'first byte to last', span(entry.responseStart, entry.responseEnd)],
  ].filter(([, , ms]) => ms > 0);
  const restMs = parts.reduce((left, [, , ms]) => left - ms, waitMs);
  const rows = [['Preparing', 'the browser’s own work', restMs], ...parts].map((part) => row(...part));
  const total = row('Your wait, in all', '', waitMs);
  total.className = 'total';
  const list = document.getElementById('browser-side');
  list.replaceChildren(...rows, total);
  list.hidden = false;
  document.getElementById('browser-note').hidden = false;
};

// A connection used again has no connecting in it: equal marks, or none.
const span = (from, to) => (from > 0 ? to - from : 0);

const row = (name, what, ms) => {
  const line = document.createElement('div');
  const term = line.appendChild(document.createElement('dt'));
  term.append(`${name} `, Object.assign(document.createElement('small'), { textContent: what }));
  line.append(' ', Object.assign(document.createElement('dd'), { textContent: `${ms.toFixed(1)} ms` }));
  return line;
};

const [navigation] = performance.getEntriesByType('navigation');
if (navigation) show(navigation);
