// /metrics of a running process, as Prometheus would read it.
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Running } from './tollgate.ts';

export interface Scraped {
  readonly contentType: string | undefined;
  readonly body: string;
}

export function scrape(directory: string, accept = '*/*'): Promise<Scraped> {
  return new Promise((resolve, reject) => {
    const asking = request({
      socketPath: join(directory, 'admin.sock'),
      path: '/metrics',
      headers: { accept },
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const contentType = response.headers['content-type'];
      text(response).then((body) => resolve({ contentType, body }), reject);
    });
    asking.end();
  });
}

/** The sum of the samples whose line begins so. */
export async function sampleOf({ directory }: Pick<Running, 'directory'>, start: string): Promise<number> {
  const { body } = await scrape(directory);
  const lines = body.split('\n').filter((line) => line.startsWith(start));
  if (lines.length === 0) throw new Error(`expected a sample that begins with ${start}, got none`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
