// What a session does right: windows both ways, one write a turn, leaving in order.
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ERROR, FLAG, FRAME, PREFACE, SETTING } from '../../src/h2/frames.ts';
import { HpackDecoder } from '../../src/h2/hpack/decoder.ts';
import type { H2Stream } from '../../src/h2/stream.ts';
import { block, data, frame, GET, head, Peer, POST, settings, uint32, type Frame } from './support/peer.ts';

const window = (id: number, bytes: number): Buffer => frame(FRAME.windowUpdate, 0, id, uint32(bytes));
const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 31) % 251));

const answerWith =
  (body: Buffer) =>
  (stream: H2Stream): void => {
    stream.head(200, ['content-type', 'text/plain'], false);
    stream.writeLast(body, 0, body.length, true);
  };

const creditOf = (frames: readonly Frame[], id: number): number =>
  frames
    .filter((one) => one.type === FRAME.windowUpdate && one.id === id)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);

describe('what a session says first', () => {
  it('is its settings and the window of the connection', async () => {
    const [first, second, third] = await new Peer({ streams: 7 }).greet().frames();
    expect([first?.type, first?.flags, first?.id]).toEqual([FRAME.settings, 0, 0]);
    const entries = [0, 6, 12, 18].map((at) => [
      first?.payload.readUInt16BE(at),
      first?.payload.readUInt32BE(at + 2),
    ]);
    expect(entries).toEqual([
      [SETTING.enablePush, 0],
      [SETTING.maxConcurrentStreams, 7],
      [SETTING.initialWindowSize, 262_144],
      [SETTING.maxHeaderListSize, 2000],
    ]);
    expect(second?.payload.readUInt32BE(0)).toBe(1024 * 1024 - 65_535);
    expect([third?.type, third?.flags]).toEqual([FRAME.settings, FLAG.ack]);
  });

  it('ends the connection when it is not acknowledged', async () => {
    const [silent, polite] = [new Peer(), new Peer()];
    for (const peer of [silent, polite]) peer.greet(head(1, POST, 0));
    polite.send(frame(FRAME.settings, FLAG.ack, 0));
    for (const peer of [silent, polite]) for (let tick = 0; tick < 50; tick++) peer.wheel.advance();
    expect([await silent.goaway(), await polite.goaway()]).toEqual([ERROR.settingsTimeout, undefined]);
  });
});

describe('answers', () => {
  it('of one turn leave in one write', async () => {
    const peer = new Peer({}, answerWith(pattern(1000)));
    const writes = vi.spyOn(peer.socket, 'write');
    peer.greet(...[1, 3, 5, 7, 9].map((id) => head(id, GET)));
    expect(writes).not.toHaveBeenCalled();
    expect((await peer.answers()).filter(({ flags }) => flags === FLAG.endStream)).toHaveLength(5);
    expect(writes).toHaveBeenCalledTimes(1);
  });

  it('do not go beyond the window of their stream, and go on when it is widened', async () => {
    const body = pattern(100_000);
    const peer = new Peer({}, answerWith(body)).greet(head(1, GET), window(0, 1_000_000));
    expect(await peer.bodyOf(1)).toHaveLength(65_535);
    peer.send(window(1, 10));
    expect(await peer.bodyOf(1)).toHaveLength(65_545);
    expect(peer.seen[0]?.closed).toBeUndefined();
    peer.send(window(1, 100_000));
    expect((await peer.bodyOf(1)).equals(body)).toBe(true);
    expect(peer.seen[0]?.closed).toEqual({ code: 0, byPeer: false });
    expect((await peer.frames()).at(-1)).toMatchObject({ type: FRAME.data, flags: FLAG.endStream });
  });

  it('share the window of the connection, a frame of each in turn', async () => {
    const peer = new Peer({}, answerWith(pattern(60_000)));
    peer.greet(settings([SETTING.initialWindowSize, 0]), head(1, GET), head(3, GET));
    expect(await peer.bodyOf(1)).toHaveLength(0);
    peer.send(settings([SETTING.initialWindowSize, 1_000_000]));
    const [one, other] = [await peer.bodyOf(1), await peer.bodyOf(3)];
    expect(one.length + other.length).toBe(65_535);
    expect(Math.abs(one.length - other.length)).toBeLessThanOrEqual(16_384);
  });

  it('wait while settings have made a window smaller than what was sent', async () => {
    const peer = new Peer({}, answerWith(pattern(70_000))).greet(head(1, GET), window(0, 100_000));
    expect(await peer.bodyOf(1)).toHaveLength(65_535);
    peer.send(settings([SETTING.initialWindowSize, 0]), window(1, 65_535));
    expect(await peer.bodyOf(1)).toHaveLength(65_535);
    peer.send(window(1, 5000));
    expect(await peer.bodyOf(1)).toHaveLength(70_000);
  });

  it('wait for their socket, and tell who writes them', async () => {
    const peer = new Peer();
    let take = (): void => undefined;
    peer.socket._write = (_chunk, _encoding, done) => void (take = done);
    peer.socket._writev = (_chunks, done) => void (take = done);
    peer.greet(head(1, GET), window(0, 10_000_000), window(1, 10_000_000));
    const { stream } = peer.seen[0] ?? {};
    stream?.head(200, [], false);
    const piece = pattern(50_000);
    const taken = [1, 2, 3].map(() => stream?.write(piece, 0, piece.length));
    expect(taken).toEqual([true, true, false]);
    expect(stream?.waitingBytes).toBeLessThan(50_000);
    await peer.frames();
    expect(peer.seen[0]?.drains).toBe(0);
    take();
    await peer.frames();
    expect(peer.seen[0]?.drains).toBe(1);
  });

  it('have trailers, informational heads before them, and heads of many frames', async () => {
    const peer = new Peer({}, (stream) => {
      stream.inform(103, ['link', '</a>']);
      stream.head(200, ['x-large', 'y'.repeat(40_000)], false);
      stream.write(Buffer.from('body'), 0, 4);
      stream.end(['x-sum', '1']);
    }).greet(head(1, GET));
    const frames = await peer.answers();
    expect(frames.map(({ type }) => type)).toEqual([1, 1, 9, 9, 0, 1]);
    const decoder = new HpackDecoder(4096);
    const lists = [[frames[0]], frames.slice(1, 4), [frames[5]]].map((parts) => {
      const bytes = Buffer.concat(parts.map((part) => part?.payload ?? Buffer.alloc(0)));
      const names: string[] = [];
      decoder.decode(bytes, 0, bytes.length, { field: (name) => void names.push(name) });
      return names;
    });
    expect(lists).toEqual([[':status', 'link'], [':status', 'x-large'], ['x-sum']]);
    expect(frames.at(-1)?.flags).toBe(FLAG.endStream | FLAG.endHeaders);
  });

  it('that come before the end of the request ask the client to stop', async () => {
    const peer = new Peer().greet(head(1, POST, 0), data(1, 'abc'));
    for (const { stream } of peer.seen) {
      stream.stopRequest();
      answerWith(Buffer.from('no'))(stream);
    }
    expect(await peer.resetOf(1)).toBe(ERROR.none);
    expect(peer.seen[0]?.closed).toEqual({ code: ERROR.none, byPeer: false });
  });
});

describe('requests', () => {
  it('have a body and trailers, with padding and priorities that mean nothing', () => {
    const padded = Buffer.concat([
      Buffer.from([2]),
      uint32(0x8000_0003),
      Buffer.from([9]),
      block(POST),
      Buffer.alloc(2),
    ]);
    const peer = new Peer().greet(
      frame(FRAME.headers, FLAG.endHeaders | FLAG.padded | FLAG.priority, 1, padded),
      data(1, '\x03abc\0\0\0', FLAG.padded),
      data(1, 'def'),
      head(1, ['x-sum', '6']),
    );
    expect(peer.seen[0]).toMatchObject({ body: 'abcdef', trailers: ['x-sum', '6'] });
    expect(peer.seen[0]?.stream.request).toMatchObject({ method: 'POST', path: '/', authority: 'a' });
  });

  it('get window as they are read, and none while nobody takes them', async () => {
    const peer = new Peer().greet(head(1, POST, 0));
    const { stream } = peer.seen[0] ?? {};
    const before = creditOf(await peer.frames(), 0);
    for (let count = 0; count < 8; count++) peer.send(data(1, Buffer.alloc(16_384)));
    expect(creditOf(await peer.frames(), 1)).toBe(131_072);
    stream?.pauseBody();
    for (let count = 0; count < 16; count++) peer.send(data(1, Buffer.alloc(16_384)));
    expect(creditOf(await peer.frames(), 1)).toBe(131_072);
    stream?.resumeBody();
    expect(creditOf(await peer.frames(), 1)).toBe(131_072 + 262_144);
    for (let count = 0; count < 8; count++) peer.send(data(1, Buffer.alloc(16_384)));
    expect(creditOf(await peer.frames(), 0) - before).toBe(524_288);
  });

  it('that are broken off give their window back to the connection', async () => {
    const peer = new Peer().greet();
    const before = creditOf(await peer.frames(), 0);
    for (const id of [1, 3, 5, 7]) {
      peer.send(head(id, POST, 0));
      peer.seen.at(-1)?.stream.pauseBody();
      for (let count = 0; count < 8; count++) peer.send(data(id, Buffer.alloc(16_384)));
      peer.send(frame(FRAME.rstStream, 0, id, uint32(ERROR.cancel)));
    }
    expect(creditOf(await peer.frames(), 0) - before).toBe(524_288);
    expect(peer.seen.map(({ closed }) => closed)).toEqual(
      Array.from({ length: 4 }, () => ({ code: ERROR.cancel, byPeer: true })),
    );
  });
});

describe('leaving', () => {
  const lastIdsOf = (frames: readonly Frame[]): number[] =>
    frames.filter(({ type }) => type === FRAME.goaway).map(({ payload }) => payload.readUInt32BE(0));

  it('serves what was on its way, tells which was the last, and ends with it', async () => {
    const peer = new Peer().greet(head(1, GET));
    peer.session.leave();
    const ping = (await peer.frames()).find(({ type }) => type === FRAME.ping);
    peer.send(head(3, GET), frame(FRAME.ping, FLAG.ack, 0, ping?.payload), head(5, GET));
    expect(lastIdsOf(await peer.frames())).toEqual([2 ** 31 - 1, 3]);
    peer.send(data(5, 'x'), window(5, 1), frame(FRAME.rstStream, 0, 5, uint32(8)), head(7, GET));
    expect(peer.seen.map(({ stream }) => stream.id)).toEqual([1, 3]);
    for (const { stream } of peer.seen) stream.head(204, [], true);
    expect(peer.socket.over).toBe(true);
    expect(await peer.goaway()).toBe(ERROR.none);
  });

  it('does not wait long for the client to say that it has seen it', async () => {
    const peer = new Peer().greet(head(1, GET));
    peer.session.leave();
    for (let tick = 0; tick < 8; tick++) peer.wheel.advance();
    expect(lastIdsOf(await peer.frames())).toEqual([2 ** 31 - 1, 1]);
  });

  it('ends an idle connection at once, and cuts one that its client does not close', async () => {
    const peer = new Peer().greet();
    peer.session.leaveNow();
    expect(peer.socket.writableEnded).toBe(true);
    for (let tick = 0; tick < 12; tick++) peer.wheel.advance();
    expect(peer.socket.destroyed).toBe(true);
    expect(peer.over).toBe(true);
    expect(peer.wheel.size).toBe(0);
  });

  it('waits with its end for a client that has not taken all of the last answer', async () => {
    const peer = new Peer({}, answerWith(pattern(1000))).greet();
    await peer.frames();
    peer.socket.full = true;
    peer.send(head(1, GET));
    peer.session.leaveNow();
    for (let tick = 0; tick < 40; tick++) peer.wheel.advance();
    expect(peer.socket.over).toBe(false);
    peer.socket.makeRoom();
    expect(peer.socket.over).toBe(true);
    expect(await peer.bodyOf(1)).toEqual(pattern(1000));
  });

  it('follows a client that leaves', async () => {
    const peer = new Peer().greet(head(1, GET), frame(FRAME.goaway, 0, 0, uint32(0, ERROR.none)));
    expect(peer.seen[0]?.closed).toBeUndefined();
    peer.seen[0]?.stream.head(204, [], true);
    expect(peer.socket.over).toBe(true);
  });
});

describe('however its bytes are cut', () => {
  const bytes = Buffer.concat([
    PREFACE,
    settings([SETTING.headerTableSize, 100]),
    head(1, POST, 0),
    data(1, '\x02abc\0\0', FLAG.padded),
    frame(FRAME.headers, FLAG.endStream, 3, block(GET).subarray(0, 5)),
    frame(FRAME.continuation, FLAG.endHeaders, 3, block(GET).subarray(5)),
    frame(FRAME.ping, 0, 0, '12345678'),
    data(1, pattern(5000), FLAG.endStream),
    frame(0x40, 0xff, 9, 'whatever'),
    head(5, [...GET, 'Bad', 'x']),
    head(7, GET),
    window(0, 100_000),
  ]);

  const outcome = async (pieces: readonly Buffer[]): Promise<unknown> => {
    const peer = new Peer();
    for (const piece of pieces) peer.send(piece);
    for (const { stream } of peer.seen) answerWith(pattern(3000))(stream);
    await peer.frames();
    return { output: peer.socket.output, bodies: peer.seen.map(({ body }) => body) };
  };

  it('a connection says the same', async () => {
    const whole = await outcome([bytes]);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await outcome(pieces)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
    expect(await outcome(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
  });
});
