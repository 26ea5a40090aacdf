import { describe, expect, it } from 'vitest';
import { runningSite } from '../running-site.ts';

const ids = (text: string): string[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id ?? '');

describe('GET /events', () => {
  it('sends as many events as asked and ends', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/events?count=4&intervalMs=5`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(ids(await response.text())).toEqual(['1', '2', '3', '4']);
  });

  it('sends the first event at once, long before the last', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/events?count=2&intervalMs=60000`);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(ids(Buffer.from(first?.value ?? []).toString())).toEqual(['1']);
    await reader?.cancel();
  });

  it('goes on after the event that a returning client saw last', async () => {
    const { url } = await runningSite();
    const headers = { 'last-event-id': '2' };
    const response = await fetch(`${url}/events?count=4&intervalMs=5`, { headers });
    expect(ids(await response.text())).toEqual(['3', '4']);
  });

  it('tells a client that saw them all to stay away', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/events?count=4`, { headers: { 'last-event-id': '4' } });
    expect(response.status).toBe(204);
  });

  it('answers HEAD at once', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/events?intervalMs=60000`, { method: 'HEAD' });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
  });

  it('refuses more than it bounds', async () => {
    const { url } = await runningSite();
    expect((await fetch(`${url}/events?count=10001`)).status).toBe(400);
    expect((await fetch(`${url}/events?intervalMs=0`)).status).toBe(400);
  });
});
