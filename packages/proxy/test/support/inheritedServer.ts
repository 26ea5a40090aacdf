// A process that was given a listening socket as descriptor 3, as systemd does: it says its port and greets.
import { createServer } from 'node:net';
import { bind } from '../../src/listen/bind.ts';

const server = createServer((socket) => socket.end('from the child\n'));
const listener = { scheme: 'http', address: { kind: 'systemd', name: 'web' } } as const;
const { port } = await bind(server, listener, { inherited: new Map([['web', 3]]), reusePort: false });
console.log(port);
