// A front with one site before the recorder, by engine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig, type Engine } from '@tollgate/core';
import { createFront } from '@tollgate/proxy';
import { HOST } from './case.ts';

export interface RunningFront {
  readonly address: { readonly host: string; readonly port: number; readonly tls: boolean };
  close(): Promise<void>;
}

export async function startFront(
  engine: Engine,
  targetPort: number,
  scheme: 'http' | 'https' = 'http',
): Promise<RunningFront> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-malformed-'));
  const text = `listen: { ${scheme}: '127.0.0.1:0' }
limits: { header: 16KB, headerCount: 100, target: 8KB, body: 10MB }
sites:
  - hosts: ${HOST}
    routes:
      - { path: /, upstream: { servers: 'http://127.0.0.1:${targetPort}', engine: ${engine} } }
`;
  const { config } = parseConfig(text, { file: join(directory, 'malformed.yaml') });
  const silent = (): void => undefined;
  const front = createFront({
    config,
    requestLog: {
      enabled: false,
      counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
      configure: silent,
      write: silent,
    },
    eventLog: { info: silent, warn: silent, error: silent },
    inherited: new Map(),
    reusePort: false,
  });
  const bound = await front.listen();
  return {
    address: { host: '127.0.0.1', port: bound[0]?.port ?? 0, tls: scheme === 'https' },
    close: async () => {
      await front.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
