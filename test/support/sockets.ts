// WebSockets of a client that stays: opened before something happens, and asked afterwards whether they still carry.
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

export interface OpenSocket {
  /** Resolves with what comes back; rejects when the socket has closed. */
  echo(text: string): Promise<string>;
}

export function openSocket(url: string): Promise<OpenSocket> {
  const socket = new WebSocket(url, { rejectUnauthorized: false });
  onTestFinished(() => socket.terminate());
  const echo = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once('message', (data: Buffer) => resolve(data.toString()));
      socket.once('close', (code) => reject(new Error(`the WebSocket was closed with ${code}`)));
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
      else reject(new Error('the WebSocket has been closed'));
    });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ echo }));
    socket.once('error', reject);
  });
}
