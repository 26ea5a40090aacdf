// A client that has reset its connection before the server looks: this process stands still while another one connects,
// sends and resets. What it sent can still be read then, and nobody can be asked who it was.
import { execFileSync } from 'node:child_process';

export function sendAndReset(port: number, bytes: string): void {
  const script = `const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
    socket.write(${JSON.stringify(bytes)}, () => socket.resetAndDestroy());
  });`;
  execFileSync(process.execPath, ['-e', script]);
}
