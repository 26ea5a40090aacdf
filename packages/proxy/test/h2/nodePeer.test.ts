// Node's own HTTP/2 client against the front's server: whatever is asked and answered arrives as it was, many at once.
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Turn } from '../../src/h2/output.ts';
import { H2Session } from '../../src/h2/session.ts';
import type { H2Stream } from '../../src/h2/stream.ts';
import { Deadline, TimerWheel } from '../../src/pool/wheel.ts';

/** Gives back the fields with an `x-`, the body and the trailers. */
function echo(stream: H2Stream): void {
  const { list } = stream.request;
  const kept = list.flatMap((name, at) =>
    at % 2 === 0 && name.startsWith('x-') ? [name, list[at + 1] ?? ''] : [],
  );
  stream.user = {
    failed: false,
    bodyBytes: (bytes, from, to) => {
      if (!stream.write(bytes, from, to)) stream.pauseBody();
    },
    bodyEnd: (trailers) => stream.end(trailers),
    clientDrain: () => stream.resumeBody(),
    streamClosed: () => undefined,
  };
  stream.head(200, kept, false);
  if (stream.requestDone) stream.end();
}

async function echoing(): Promise<ClientHttp2Session> {
  const turn = new Turn();
  const wheel = new TimerWheel();
  const server = createServer((socket) => {
    const session = new H2Session(
      socket,
      {
        turn,
        deadline: (onDue) => new Deadline(wheel, onDue),
        begin: echo,
        idle: () => undefined,
        dropped: () => undefined,
        closed: () => undefined,
      },
      { streams: 100, headerListBytes: 65_536, headerCount: 100, resetsPer10s: 1000 },
    );
    socket.on('close', () => session.ended());
    socket.on('data', (bytes: Buffer) => session.read(bytes, bytes.length));
    session.start();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  return session;
}

interface Asked {
  readonly fields: Record<string, string>;
  readonly body: readonly number[];
  readonly trailer: string | undefined;
}

const text = fc
  .string({ unit: fc.constantFrom(...'azAZ09 ,;=/~!"'.split('')), maxLength: 80 })
  .map((one) => one.trim());
const name = fc.integer({ min: 0, max: 5 }).map((at) => `x-${'abcdef'.charAt(at)}`);
const asked: fc.Arbitrary<Asked> = fc.record({
  fields: fc.dictionary(name, text, { maxKeys: 4 }),
  body: fc.array(fc.constantFrom(0, 1, 100, 16_384, 16_385, 70_000, 300_000), { maxLength: 3 }),
  trailer: fc.option(text, { nil: undefined }),
});

interface Got {
  readonly fields: IncomingHttpHeaders;
  readonly bytes: number;
  readonly same: boolean;
  readonly trailer: unknown;
}

const pieceOf = (length: number, seed: number): Buffer => Buffer.alloc(length, `piece ${seed} of ${length} `);

async function ask(session: ClientHttp2Session, { fields, body, trailer }: Asked): Promise<Got> {
  const stream = session.request(
    { ':path': '/', ':method': 'POST', ...fields },
    { waitForTrailers: trailer !== undefined },
  );
  if (trailer !== undefined) stream.once('wantTrailers', () => stream.sendTrailers({ 'x-end': trailer }));
  const sent = body.map(pieceOf);
  for (const piece of sent) stream.write(piece);
  stream.end();
  let told: unknown;
  stream.once('trailers', (trailers: IncomingHttpHeaders) => (told = trailers['x-end']));
  const [head] = await once(stream, 'response');
  const pieces: Buffer[] = [];
  for await (const chunk of stream) pieces.push(Buffer.from(chunk));
  const got = Buffer.concat(pieces);
  return { fields: head, bytes: got.length, same: got.equals(Buffer.concat(sent)), trailer: told };
}

describe('Node’s client', () => {
  it('gets back what it sends, on many streams of one connection', async () => {
    const session = await echoing();
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 8 }), async (all) => {
        const answers = await Promise.all(all.map((one) => ask(session, one)));
        answers.forEach((answer, at) => {
          const one = all[at];
          expect(answer.fields).toMatchObject(one?.fields ?? {});
          expect(answer.bytes).toBe(one?.body.reduce((sum, length) => sum + length, 0));
          expect(answer.same).toBe(true);
          expect(answer.trailer).toBe(one?.trailer);
        });
      }),
      { numRuns: 60 },
    );
  });
});
