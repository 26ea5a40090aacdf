// A program that lives in a namespace of the bed, listens and connects there as it is told, and says what came of it.
// One JSON command a line on its input, one JSON answer a line on its output.
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Attempt, Command, Outcome } from './order.ts';

const held = new Map<string, Socket>();

/** Answers `N` with N bytes. */
function listenTcp(port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (asked) => socket.write(Buffer.alloc(Number(asked), 'a')));
    });
    server.on('error', () => resolve('failed'));
    server.listen(port, '::', () => resolve('answered'));
  });
}

/** Sends every datagram back. */
function listenUdp(port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket('udp6');
    socket.on('message', (message, from) => socket.send(message, from.port, from.address));
    socket.on('error', () => resolve('failed'));
    socket.bind(port, '::', () => resolve('answered'));
  });
}

function tryTcp(attempt: Attempt, keepAs?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({
      host: attempt.host,
      port: attempt.port,
      ...(attempt.from === undefined ? {} : { localAddress: attempt.from }),
      ...(attempt.sourcePort === undefined ? {} : { localPort: attempt.sourcePort }),
    });
    socket.on('error', (error) => {
      socket.destroy();
      resolve(outcomeOf(error));
    });
    const settle = (outcome: Outcome): void => {
      if (keepAs === undefined || outcome !== 'answered') socket.resetAndDestroy();
      else held.set(keepAs, socket);
      resolve(outcome);
    };
    void ask(socket, attempt).then(settle);
  });
}

/** A port that is taken, or an address that is not here, says nothing about the ruleset. */
function outcomeOf(error: Error): Outcome {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused';
  return code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' ? 'blocked' : 'failed';
}

/** One request and its whole answer. Connected without one is `stalled`: what a path-MTU black hole looks like. */
function ask(socket: Socket, { bytes, timeoutMs }: Attempt): Promise<Outcome> {
  return new Promise((resolve) => {
    let got = 0;
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.off('data', count);
      resolve(outcome);
    };
    const count = (chunk: Buffer): void => {
      got += chunk.length;
      if (got >= bytes) finish('answered');
    };
    const timer = setTimeout(() => finish(socket.connecting ? 'blocked' : 'stalled'), timeoutMs);
    socket.on('data', count);
    socket.write(String(bytes));
  });
}

function askHeld(name: string, attempt: Attempt): Promise<Outcome> {
  const socket = held.get(name);
  return socket === undefined ? Promise.resolve('failed') : ask(socket, attempt);
}

/** From a connected socket, as resolvers ask. */
function tryUdp({ host, port, from, sourcePort, timeoutMs }: Attempt): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.close();
      resolve(outcome);
    };
    const timer = setTimeout(() => finish('blocked'), timeoutMs);
    socket.on('message', () => finish('answered'));
    socket.on('error', (error) => finish(outcomeOf(error)));
    socket.bind(sourcePort ?? 0, from, () => {
      socket.connect(port, host, () => socket.send('?'));
    });
  });
}

function obey(command: Command): Promise<Outcome> {
  switch (command.kind) {
    case 'listen-tcp':
      return listenTcp(command.port);
    case 'listen-udp':
      return listenUdp(command.port);
    case 'try-tcp':
      return tryTcp(command.attempt, command.keepAs);
    case 'ask-held':
      return askHeld(command.name, command.attempt);
    case 'try-udp':
      return tryUdp(command.attempt);
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, command }: { id: number; command: Command } = JSON.parse(line);
  void obey(command).then((outcome) => process.stdout.write(`${JSON.stringify({ id, outcome })}\n`));
});
// The owner is gone: so is the reason to live.
lines.on('close', () => process.exit(0));
