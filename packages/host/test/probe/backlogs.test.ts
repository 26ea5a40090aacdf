// Against a listener of our own and the real ss.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LIVE, readListening, readTunable } from '../../src/index.ts';
import { readBacklogs } from '../../src/probe/backlogs.ts';
import { stage } from '../support/stage.ts';

it.skipIf(process.platform !== 'linux')(
  'the limit of an accept queue is what its program asked for',
  async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    await once(server.listen({ host: '127.0.0.1', port: 0, backlog: 700 }), 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' ? bound?.port : undefined;
    const listening = readListening(LIVE);
    const own = listening.ok ? listening.value.find((one) => one.port === port) : undefined;
    const somaxconn = readTunable(LIVE, 'somaxconn');
    const backlogs = readBacklogs(LIVE);
    expect(backlogs.ok && backlogs.value.get(own?.inode ?? 0)).toBe(
      Math.min(700, somaxconn.ok ? somaxconn.value : 0),
    );
  },
);

it('a staged tree has no kernel to ask', () => {
  expect(readBacklogs(stage({}))).toMatchObject({ ok: false, why: 'absent' });
});
