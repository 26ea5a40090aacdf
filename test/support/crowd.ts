// Clients that make a connection for each request, some by HTTP/1.1 and some by HTTP/2, until their input ends; then one JSON line
// tells how often which answer came. `node crowd.ts HOST`, on port 443.
import { connect } from 'node:http2';
import { request } from 'node:https';

const host = process.argv[2] ?? 'localhost';
const seen = new Map<string, number>();
const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
const leaving = new AbortController();

const overHttp1 = (): Promise<string> =>
  new Promise((resolve) => {
    const asked = request({ host, rejectUnauthorized: false, agent: false, timeout: 20_000 });
    asked.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', (error) => resolve(`HTTP/1.1: ${error.message}`));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in 20 s')));
    asked.on('error', (error) => resolve(`HTTP/1.1: ${error.message}`));
    asked.end();
  });

const overHttp2 = (): Promise<string> =>
  new Promise((resolve) => {
    const session = connect(`https://${host}`, { rejectUnauthorized: false });
    const finish = (what: string): void => {
      session.destroy();
      resolve(what);
    };
    session.setTimeout(20_000, () => finish('HTTP/2: no answer in 20 s'));
    session.on('error', (error) => finish(`HTTP/2: ${error.message}`));
    const stream = session.request({ ':path': '/' });
    let status = 'no status';
    stream.on('response', (fields) => {
      status = String(fields[':status']);
    });
    stream.on('error', (error) => finish(`HTTP/2: ${error.message}`));
    stream.on('end', () => finish(status));
    stream.resume();
  });

async function client(ask: () => Promise<string>): Promise<void> {
  while (!leaving.signal.aborted) note(await ask());
}

process.stdin.on('end', () => {
  leaving.abort();
});
process.stdin.resume();
await Promise.all([overHttp1, overHttp2, overHttp1, overHttp2].map(client));
console.log(JSON.stringify(Object.fromEntries(seen)));
