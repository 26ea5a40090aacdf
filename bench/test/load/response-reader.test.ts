// Answers in whatever pieces a network delivers: the same status, the same size, the same end.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseReader, type ReadState } from '../../src/load/response-reader.ts';

interface Outcome {
  readonly state: ReadState;
  readonly status: number;
  readonly bodyBytes: number;
  readonly keepAlive: boolean;
}

/** Cuts `text` at the given places; stops where the reader does. */
function read(text: string, cuts: readonly number[] = []): Outcome {
  const reader = new ResponseReader();
  const bytes = Buffer.from(text, 'latin1');
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < bytes.length), bytes.length].toSorted(
    (a, b) => a - b,
  );
  // The socket's buffer is larger than what is in it, and holds what was there before.
  const buffer = Buffer.alloc(bytes.length + 64, '\r\n');
  let state: ReadState = 'more';
  for (let i = 1; i < edges.length && state === 'more'; i++) {
    const piece = bytes.subarray(edges[i - 1], edges[i]);
    piece.copy(buffer);
    state = reader.feed(buffer, piece.length);
  }
  const { status, bodyBytes, keepAlive } = reader;
  return { state, status, bodyBytes, keepAlive };
}

const GOOD = { state: 'done', status: 200, keepAlive: true } as const;
const CASES: readonly (readonly [name: string, text: string, outcome: Outcome])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', { ...GOOD, bodyBytes: 5 }],
  ['an empty body', 'HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n', { ...GOOD, bodyBytes: 0 }],
  [
    'chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nwiki\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n',
    { ...GOOD, bodyBytes: 14 },
  ],
  [
    'no body by its status',
    'HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n',
    { ...GOOD, status: 204, bodyBytes: 0 },
  ],
  [
    'interim answers first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    { ...GOOD, bodyBytes: 2 },
  ],
  [
    'connection: close',
    'HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 2\r\n\r\nok',
    { ...GOOD, bodyBytes: 2, keepAlive: false },
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', { ...GOOD, bodyBytes: 2, keepAlive: false }],
  [
    'HTTP/1.0 that keeps alive',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok',
    { ...GOOD, bodyBytes: 2 },
  ],
  [
    'close in a list of options',
    'HTTP/1.1 200 OK\r\nConnection: TE,  Close\r\ncontent-length: 2\r\n\r\nok',
    { ...GOOD, bodyBytes: 2, keepAlive: false },
  ],
  [
    'a 500',
    'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 3\r\n\r\nbad',
    { ...GOOD, status: 500, bodyBytes: 3 },
  ],
  [
    'headers that only begin like those that matter',
    'HTTP/1.1 200 OK\r\ncontent-lengthy: 9\r\ntransfer: chunked\r\nconnections: close\r\ncontent-length: 1\r\n\r\nx',
    { ...GOOD, bodyBytes: 1 },
  ],
];

describe.each(CASES)('an answer with %s', (_name, text, outcome) => {
  it('is read in one piece', () => {
    expect(read(text)).toEqual(outcome);
  });

  it('is read the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        expect(read(text, cuts)).toEqual(outcome);
      }),
    );
    expect(
      read(
        text,
        Array.from({ length: text.length }, (_, index) => index),
      ),
    ).toEqual(outcome);
  });
});

describe('an answer that is not in order', () => {
  it.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n\r\n', 'bad-head'],
    ['HTTP/2 by mistake', 'HTTP/2.0 200 OK\r\n\r\n', 'bad-head'],
    ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n', 'bad-head'],
    [
      'two lengths that differ',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      'bad-head',
    ],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: 1x\r\n\r\n', 'bad-head'],
    ['a coding it does not know', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n', 'bad-head'],
    ['more than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxy', 'surplus'],
    ['a chunk size of no digits', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n;\r\n', 'bad-body'],
    [
      'a chunk size of nine digits',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n123456789\r\n',
      'bad-body',
    ],
    [
      'a chunk that is longer than it says',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxy\r\n',
      'bad-body',
    ],
    ['a bare LF after a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\nx\r\n', 'bad-body'],
  ])('%s', (_name, text, state) => {
    expect(read(text).state).toBe(state);
  });

  it('whose head never ends is given up at 64 KiB', () => {
    expect(read(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(66_000)}`).state).toBe('bad-head');
  });
});

describe('an answer that ends with its connection', () => {
  it('is whole at the end only when nothing else delimits it', () => {
    const reader = new ResponseReader();
    const feed = (text: string): ReadState => reader.feed(Buffer.from(text), text.length);
    expect(feed('HTTP/1.1 200 OK\r\n\r\nsome')).toBe('more');
    expect([reader.wholeAtEnd, reader.bodyBytes, reader.keepAlive]).toEqual([true, 4, false]);
    reader.reset();
    expect(feed('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome')).toBe('more');
    expect(reader.wholeAtEnd).toBe(false);
  });
});
