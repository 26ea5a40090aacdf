// What RFC 9113 does not allow: which fault ends the connection, which only its stream, and with which code.
import { describe, expect, it } from 'vitest';
import { ERROR, FLAG, FRAME, PREFACE, SETTING } from '../../src/h2/frames.ts';
import { data, frame, GET, head, Peer, POST, settings, uint32 } from './support/peer.ts';

const START = [PREFACE, settings()];
const after = (...frames: Buffer[]): Buffer[] => [...START, ...frames];
const OPEN = head(1, POST, 0);

describe('a fault of the connection', () => {
  it.each([
    ['another preface', ERROR.protocol, [Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'), settings()]],
    ['no SETTINGS first', ERROR.protocol, [PREFACE, head(1, GET)]],
    ['a frame of more than 16 KB', ERROR.frameSize, after(OPEN, data(1, Buffer.alloc(16_385)))],
    ['DATA on stream 0', ERROR.protocol, after(data(0, 'x'))],
    ['DATA on an idle stream', ERROR.protocol, after(data(1, 'x'))],
    ['DATA behind its stream', ERROR.streamClosed, after(OPEN, frame(3, 0, 1, uint32(8)), data(1, 'x'))],
    ['padding longer than its frame', ERROR.protocol, after(OPEN, data(1, '\x05ab', FLAG.padded))],
    ['HEADERS on stream 0', ERROR.protocol, after(head(0, GET))],
    ['HEADERS on an even stream', ERROR.protocol, after(head(2, GET))],
    ['HEADERS on a lower stream', ERROR.streamClosed, after(head(5, GET), head(3, GET))],
    ['HEADERS padded beyond its end', ERROR.protocol, after(frame(1, 0xd, 1, '\x09abc'))],
    ['a block that is none', ERROR.compression, after(frame(1, 0x5, 1, '\xff\xff\xff\xff\xff\xff'))],
    ['CONTINUATION of nothing', ERROR.protocol, after(frame(9, 4, 1, '\x82'))],
    ['a frame within a block', ERROR.protocol, after(frame(1, 1, 1, '\x82'), frame(6, 0, 0, '12345678'))],
    ['CONTINUATION of another stream', ERROR.protocol, after(frame(1, 1, 1, '\x82'), frame(9, 4, 3, '\x86'))],
    [
      'CONTINUATION without end',
      ERROR.enhanceYourCalm,
      after(frame(1, 1, 1, '\x82'), ...Array.from({ length: 70 }, () => frame(9, 0, 1))),
    ],
    [
      'a block far larger than its list may be',
      ERROR.enhanceYourCalm,
      after(frame(1, 1, 1, '\x82'), ...Array.from({ length: 3 }, () => frame(9, 0, 1, Buffer.alloc(9000)))),
    ],
    ['PUSH_PROMISE', ERROR.protocol, after(frame(5, 4, 1, uint32(2)))],
    ['PRIORITY on stream 0', ERROR.protocol, after(frame(2, 0, 0, '12345'))],
    ['PRIORITY of another size', ERROR.frameSize, after(frame(2, 0, 1, '1234'))],
    ['RST_STREAM on an idle stream', ERROR.protocol, after(frame(3, 0, 1, uint32(8)))],
    ['RST_STREAM of another size', ERROR.frameSize, after(OPEN, frame(3, 0, 1, '123'))],
    ['SETTINGS on a stream', ERROR.protocol, after(frame(4, 0, 1))],
    ['SETTINGS of another size', ERROR.frameSize, after(frame(4, 0, 0, '12345'))],
    ['an acknowledgement that says something', ERROR.frameSize, after(frame(4, 1, 0, '123456'))],
    ['ENABLE_PUSH 2', ERROR.protocol, after(settings([SETTING.enablePush, 2]))],
    ['a window of 2^31', ERROR.flowControl, after(settings([SETTING.initialWindowSize, 2 ** 31]))],
    ['frames under 16 KB', ERROR.protocol, after(settings([SETTING.maxFrameSize, 16_383]))],
    [
      'more settings than there are',
      ERROR.enhanceYourCalm,
      after(settings(...Array.from({ length: 33 }, (): [number, number] => [9, 1]))),
    ],
    ['PING on a stream', ERROR.protocol, after(frame(6, 0, 1, '12345678'))],
    ['PING of another size', ERROR.frameSize, after(frame(6, 0, 0, '1234567'))],
    ['GOAWAY on a stream', ERROR.protocol, after(frame(7, 0, 1, '12345678'))],
    ['a WINDOW_UPDATE of 0', ERROR.protocol, after(frame(8, 0, 0, uint32(0)))],
    ['a WINDOW_UPDATE on an idle stream', ERROR.protocol, after(frame(8, 0, 1, uint32(1)))],
    ['a WINDOW_UPDATE of another size', ERROR.frameSize, after(frame(8, 0, 0, '123'))],
    ['a window beyond 2^31 - 1', ERROR.flowControl, after(frame(8, 0, 0, uint32(2 ** 31 - 1)))],
    [
      'a stream’s window that settings make too large',
      ERROR.flowControl,
      after(OPEN, frame(8, 0, 1, uint32(2 ** 30)), settings([SETTING.initialWindowSize, 2 ** 30 + 70_000])),
    ],
  ])('%s', async (_name, code, bytes) => {
    const peer = new Peer();
    peer.send(...bytes);
    expect(await peer.goaway()).toBe(code);
    expect(peer.drops).toEqual(['protocol-error']);
    expect(peer.socket.over).toBe(true);
    expect(peer.seen.every(({ closed }) => closed !== undefined)).toBe(true);
  });

  it('more DATA than the window of the connection', async () => {
    const peer = new Peer().greet(...[1, 3, 5, 7, 9].map((id) => head(id, POST, 0)));
    for (const { stream } of peer.seen) stream.pauseBody();
    const piece = Buffer.alloc(16_384);
    for (let count = 0; count < 16; count++) peer.send(...[1, 3, 5, 7].map((id) => data(id, piece)));
    expect(await peer.goaway()).toBeUndefined();
    peer.send(data(9, 'x'));
    expect(await peer.goaway()).toBe(ERROR.flowControl);
  });
});

describe('a fault of a stream', () => {
  const open = (...frames: Buffer[]): Buffer[] => [OPEN, ...frames];
  const field = (...fields: string[]): Buffer[] => [head(1, [...GET, ...fields])];
  const sized = (length: string, ...frames: Buffer[]): Buffer[] => [
    head(1, [...POST, 'content-length', length], 0),
    ...frames,
  ];
  const without = (name: string): Buffer[] => [
    head(
      1,
      GET.filter((_, at) => GET[at - (at % 2)] !== name),
    ),
  ];

  it.each([
    ['capitals in a name', ERROR.protocol, field('X-A', 'b')],
    ['a space in a name', ERROR.protocol, field('x a', 'b')],
    ['an empty name', ERROR.protocol, field('', 'b')],
    ['a space before a value', ERROR.protocol, field('x-a', ' b')],
    ['a tab behind a value', ERROR.protocol, field('x-a', 'b\t')],
    ['Connection', ERROR.protocol, field('connection', 'close')],
    ['Transfer-Encoding', ERROR.protocol, field('transfer-encoding', 'chunked')],
    ['TE: gzip', ERROR.protocol, field('te', 'gzip')],
    ['a pseudo-header behind a field', ERROR.protocol, [head(1, ['x-a', 'b', ...GET])]],
    ['a pseudo-header twice', ERROR.protocol, field(':path', '/b')],
    ['a pseudo-header nobody knows', ERROR.protocol, field(':x', 'b')],
    ['no method', ERROR.protocol, without(':method')],
    ['no scheme', ERROR.protocol, without(':scheme')],
    ['no path', ERROR.protocol, without(':path')],
    ['a scheme that is none', ERROR.protocol, [head(1, GET.with(3, 'https://b/'))]],
    ['CONNECT with a path', ERROR.protocol, [head(1, GET.with(1, 'CONNECT'))]],
    ['a length without a body', ERROR.protocol, field('content-length', '4')],
    ['a length that is none', ERROR.protocol, sized('+4')],
    ['more than the length', ERROR.protocol, sized('4', data(1, 'abcde'))],
    ['less than the length', ERROR.protocol, sized('4', data(1, 'abc', FLAG.endStream))],
    ['less than the length, before trailers', ERROR.protocol, sized('4', head(1, ['x-a', 'b']))],
    ['DATA behind the end', ERROR.streamClosed, [head(1, POST), data(1, 'x')]],
    ['HEADERS behind the end', ERROR.streamClosed, [head(1, POST), head(1, ['x-a', 'b'])]],
    ['trailers that are not the end', ERROR.protocol, open(head(1, ['x-a', 'b'], 0))],
    ['a pseudo-header among trailers', ERROR.protocol, open(head(1, [':path', '/']))],
    ['a WINDOW_UPDATE of 0', ERROR.protocol, open(frame(8, 0, 1, uint32(0)))],
    ['a window beyond 2^31 - 1', ERROR.flowControl, open(frame(8, 0, 1, uint32(2 ** 31 - 1)))],
    ['a list larger than announced', ERROR.enhanceYourCalm, field('x-a', 'b'.repeat(2000))],
    [
      'more fields than allowed',
      ERROR.enhanceYourCalm,
      field(...Array.from({ length: 22 }, () => ['x-a', 'b']).flat()),
    ],
  ])('%s', async (_name, code, frames) => {
    const peer = new Peer().greet(...frames);
    expect(await peer.resetOf(1)).toBe(code);
    peer.send(head(3, GET));
    expect(peer.seen.at(-1)?.stream.id).toBe(3);
    expect(await peer.goaway()).toBeUndefined();
  });

  it('more DATA than its window', async () => {
    const peer = new Peer().greet(OPEN);
    peer.seen[0]?.stream.pauseBody();
    for (let count = 0; count < 16; count++) peer.send(data(1, Buffer.alloc(16_384)));
    expect(await peer.resetOf(1)).toBeUndefined();
    peer.send(data(1, 'x'));
    expect(await peer.resetOf(1)).toBe(ERROR.flowControl);
    expect(peer.seen[0]?.closed).toEqual({ code: ERROR.flowControl, byPeer: true });
  });

  it('one stream more than allowed', async () => {
    const peer = new Peer({ streams: 2 }).greet(head(1, POST, 0), head(3, POST, 0), head(5, GET));
    expect(await peer.resetOf(5)).toBe(ERROR.refusedStream);
    expect(peer.seen).toHaveLength(2);
  });

  it('what was on its way to a stream that this side has reset is read and dropped', async () => {
    const peer = new Peer().greet(OPEN);
    peer.seen[0]?.stream.reset(ERROR.cancel);
    peer.send(data(1, 'abc'), head(1, ['x-a', 'b']), frame(8, 0, 1, uint32(1)), frame(3, 0, 1, uint32(8)));
    expect(await peer.goaway()).toBeUndefined();
    expect(peer.seen[0]?.body).toBe('');
  });
});

describe('a flood', () => {
  const many = (count: number, make: (at: number) => Buffer): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, at) => make(at)));

  it.each([
    ['PING', () => frame(FRAME.ping, 0, 0, '12345678')],
    ['SETTINGS', () => settings()],
    ['PRIORITY', () => frame(FRAME.priority, 0, 3, '12345')],
    ['empty DATA', () => data(1, '')],
    ['frames nobody knows', () => frame(0x20, 0, 0)],
  ])('of %s ends the connection', async (_name, make) => {
    const peer = new Peer().greet(OPEN);
    peer.send(many(9000, make));
    expect(peer.drops).toEqual([]);
    peer.send(many(2000, make));
    expect(peer.drops).toEqual(['protocol-error']);
    expect(await peer.goaway()).toBe(ERROR.enhanceYourCalm);
  });

  it.each([
    ['resets', (id: number) => Buffer.concat([head(id, GET), frame(FRAME.rstStream, 0, id, uint32(8))])],
    // CVE-2025-8671: the client makes this side reset its streams.
    [
      'faults',
      (id: number) => Buffer.concat([head(id, POST, 0), frame(FRAME.windowUpdate, 0, id, uint32(0))]),
    ],
    ['malformed heads', (id: number) => head(id, [...GET, 'X', 'y'])],
  ])('of %s ends the connection', async (_name, make) => {
    const peer = new Peer().greet();
    peer.send(many(20, (at) => make(2 * at + 1)));
    expect(peer.drops).toEqual([]);
    peer.send(make(41), head(43, GET));
    expect(peer.drops).toEqual(['resets']);
    expect(await peer.goaway()).toBe(ERROR.enhanceYourCalm);
    expect(peer.seen.some(({ stream }) => stream.id === 43)).toBe(false);
  });
});
