// How a request gets its connection, as the flag spells it.
import type { ConnectionMode } from '../load/spec.ts';

export const CONNECTION_MODES: readonly ConnectionMode[] = ['new', 'resumed', 'keepalive'];

export const readMode = (text: string | undefined): ConnectionMode | undefined =>
  CONNECTION_MODES.find((mode) => mode === text);
