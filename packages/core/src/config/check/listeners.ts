// Listeners: at least one, and no address twice.
import type { Listener } from '../types.ts';
import type { Reading } from '../reading.ts';

export function checkListeners(reading: Reading, listeners: readonly Listener[]): void {
  if (listeners.length === 0 && reading.accepts(['listen'])) {
    reading.report(['listen'], 'expected https, http or both, got neither');
  }
  const seen = new Map<string, string>();
  for (const { scheme, address } of listeners) {
    const text = addressText(address);
    const owner = seen.get(text);
    if (owner === undefined) seen.set(text, scheme);
    else if (!text.endsWith(':0')) {
      reading.report(
        ['listen', scheme],
        `expected an address of its own, got ${text} (listen.${owner} has it)`,
      );
    }
  }
}

function addressText(address: Listener['address']): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  if (address.kind === 'systemd') return `systemd:${address.name}`;
  return address.address.includes(':')
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
