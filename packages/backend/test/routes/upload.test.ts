import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runningSite } from '../running-site.ts';

const BODY = Buffer.alloc(3_000_017, 'tollgate');

describe('POST /upload', () => {
  it.each(['application/json', 'text/plain', 'image/png', 'multipart/form-data; boundary=x'])(
    'counts a body of type %j without reading sense into it',
    async (type) => {
      const { url } = await runningSite();
      const response = await fetch(`${url}/upload`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: BODY,
      });
      expect(await response.json()).toEqual({ bytes: BODY.length });
    },
  );

  it('adds the digest when asked', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/upload?digest=1`, { method: 'PUT', body: BODY });
    const sha256 = createHash('sha256').update(BODY).digest('hex');
    expect(await response.json()).toEqual({ bytes: BODY.length, sha256 });
  });

  it('counts an absent body as none', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/upload?digest=1`, { method: 'POST' });
    expect(await response.json()).toEqual({
      bytes: 0,
      sha256: createHash('sha256').digest('hex'),
    });
  });

  it('goes on serving when a client leaves in the middle of its body', async () => {
    const { url } = await runningSite();
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
