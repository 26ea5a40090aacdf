// An upstream's head: what is forwarded, how the body ends, and which heads are faults.
import { describe, expect, it } from 'vitest';
import { readResponseHead, type ResponseHead } from '../../../src/lane/wire/responseHead.ts';

const limits = { headerBytes: 16_384, headerCount: 100 };
const read = (text: string, headRequest = false): ReturnType<typeof readResponseHead> => {
  const bytes = Buffer.from(text, 'latin1');
  return readResponseHead(bytes, 0, bytes.length, headRequest, limits);
};
const taken = (text: string, headRequest = false): ResponseHead => {
  const head = read(text, headRequest);
  if (typeof head === 'string' || 'fault' in head)
    throw new Error(`expected a head, got ${JSON.stringify(head)}`);
  return head;
};

describe('readResponseHead', () => {
  it('forwards end-to-end fields and leaves out those of the hop', () => {
    const text =
      'HTTP/1.1 200 OK\r\nDate: x\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5, max=9\r\nX-Hop: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\n\r\nabc';
    expect(taken(text)).toEqual({
      minor: 1,
      status: 200,
      reason: undefined,
      lines: 'Date: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\n',
      framing: 'length',
      contentLength: 3,
      keepAlive: true,
      keepAliveMs: 5000,
      hasDate: true,
      byteLength: text.length - 3,
    });
  });

  it.each([
    ['HTTP/1.1 200 Fine\r\n\r\n', 'Fine'],
    ['HTTP/1.1 200\r\n\r\n', ''],
    ['HTTP/1.1 404 Not Found\r\n\r\n', undefined],
    ['HTTP/1.1 299 \r\n\r\n', undefined],
  ])('keeps a reason that is not the usual one: %j', (text, reason) => {
    expect(taken(text).reason).toBe(reason);
  });

  it.each([
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n', false, 'chunked', true],
    ['by close', 'HTTP/1.1 200 OK\r\n\r\n', false, 'close', false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n', false, 'length', false],
    [
      'HTTP/1.0 kept alive',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n',
      false,
      'length',
      true,
    ],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', true, 'none', true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false, 'none', true],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', false, 'none', true],
    ['103', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', false, 'none', true],
    [
      'close asked',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n',
      false,
      'length',
      false,
    ],
    ['no reason, no space', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', false, 'length', true],
  ])('frames: %s', (_name, text, headRequest, framing, keepAlive) => {
    expect(taken(text, headRequest)).toMatchObject({ framing, keepAlive });
  });

  it.each([
    ['not HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['status 600', 'HTTP/1.1 600 OK\r\n\r\n'],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 1\n\n'],
    ['CR without LF', 'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n'],
    ['fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['space before colon', 'HTTP/1.1 200 OK\r\nX : a\r\n\r\n'],
    ['NUL', 'HTTP/1.1 200 OK\r\nX: \0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    ['bad length', 'HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n'],
    ['length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['chunked in 1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['too large', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`],
    ['too many fields', `HTTP/1.1 200 OK\r\n${'x: 1\r\n'.repeat(101)}\r\n`],
  ])('is a fault: %s', (_name, text) => {
    expect(read(text)).toHaveProperty('fault');
  });

  it('is incomplete at every cut, never a fault and never a head', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nVia: 1.1 x\r\n\r\n';
    for (let cut = 0; cut < text.length; cut++) expect(read(text.slice(0, cut))).toBe('incomplete');
  });
});
