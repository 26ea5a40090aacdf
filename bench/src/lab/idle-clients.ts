// Opens many TLS connections, asks once on each, and holds them; run as a program: ADDRESS PORT PATH COUNT SOURCE….
import { createInterface } from 'node:readline';
import { connect, type TLSSocket } from 'node:tls';

const [address = '', port = '', path = '/', count = '1', ...sources] = process.argv.slice(2);
/** Handshakes under way at a time: more would only queue. */
const AT_ONCE = 50;

const held: TLSSocket[] = [];

function open(index: number): Promise<TLSSocket> {
  const localAddress = sources[index % Math.max(1, sources.length)];
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port: Number(port),
      servername: 'tollgate.test',
      rejectUnauthorized: false,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: tollgate.test\r\n\r\n`));
    socket.once('data', () => resolve(socket));
  });
}

async function opener(indexes: Iterator<number>): Promise<void> {
  for (let next = indexes.next(); next.done !== true; next = indexes.next())
    held.push(await open(next.value));
}

const indexes = Array.from({ length: Number(count) }, (_, index) => index).values();
await Promise.all(Array.from({ length: AT_ONCE }, () => opener(indexes)));
console.log(`holding ${held.length}`);
// The parent holds stdin open for as long as the connections are wanted.
createInterface({ input: process.stdin }).once('close', () => process.exit(0));
