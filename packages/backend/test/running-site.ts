// The site started for one test, on a port of the kernel's choosing, and ended with the test.
import { onTestFinished } from 'vitest';
import { startSite } from '../src/listen/server.ts';
import type { RunningSite } from '../src/listen/server.ts';
import type { Settings } from '../src/settings.ts';

export async function runningSite(settings: Partial<Settings> = {}): Promise<RunningSite> {
  const site = await startSite({
    listening: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: false,
    requestLog: 'off',
    ...settings,
  });
  onTestFinished(() => site.close());
  return site;
}
