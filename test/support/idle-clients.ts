// A process that opens many TLS connections, asks once on each, and then only holds them. Node's own sockets would take
// more memory and time than the front under test, but nothing else here speaks both TLS and JSON.
// Arguments: port, connections. Says `{"open":N,"failed":N}` when all are open; a line on stdin: asks once more on each.
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';

const [port = 0, wanted = 0] = process.argv.slice(2).map(Number);
const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** So many handshakes at once; the front's queue of them is not what is tried here. */
const AT_ONCE = 50;
/** One address has 28,000 ports towards one server; several leave room. */
const SOURCE_ADDRESSES = 8;

let session: Buffer | undefined;

async function open(at: number): Promise<TLSSocket> {
  const localAddress = `127.0.1.${1 + (at % SOURCE_ADDRESSES)}`;
  const socket = connect({
    socket: connectTcp({ host: '127.0.0.1', port, localAddress }),
    rejectUnauthorized: false,
    ...(session !== undefined && { session }),
  });
  socket.once('session', (ticket: Buffer) => (session ??= ticket));
  await once(socket, 'secureConnect');
  await ask(socket);
  socket.on('error', () => undefined);
  return socket;
}

async function ask(socket: TLSSocket): Promise<void> {
  socket.write(REQUEST);
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 200 ')) throw new Error(`expected 200, got ${String(answer)}`);
}

/** Runs `act` for 0..count-1, a bounded number at a time; gives what came out and how many failed. */
async function each<T>(
  count: number,
  act: (at: number) => Promise<T>,
): Promise<{ good: T[]; failed: number }> {
  const good: T[] = [];
  let next = 0;
  let failed = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += 1;
      await act(at).then(
        (result) => good.push(result),
        () => (failed += 1),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { good, failed };
}

const opened = await each(wanted, open);
console.log(JSON.stringify({ open: opened.good.length, failed: opened.failed }));
for await (const _line of createInterface(process.stdin)) {
  const asked = await each(opened.good.length, async (at) => {
    const socket = opened.good[at];
    if (socket !== undefined) await ask(socket);
  });
  console.log(JSON.stringify({ open: asked.good.length, failed: asked.failed }));
}
process.exit(0);
