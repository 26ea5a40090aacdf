import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEventLog } from '../../src/index.ts';
import { fakeSink, systemError, type FakeSink } from '../support/fake-sink.ts';

function eventsTo(sink: FakeSink): ReturnType<typeof createEventLog> {
  const events = createEventLog({ level: 'info', bindings: { worker: 2 }, sink });
  onTestFinished(() => events.close(0));
  return events;
}

describe('the event log', () => {
  it('writes a line at once, with its level by name and its time in ISO 8601', async () => {
    const sink = fakeSink();
    eventsTo(sink).log.warn({ port: 8443 }, 'listening');
    await vi.waitFor(() => expect(sink.taken()).not.toBe(''));
    expect(JSON.parse(sink.taken())).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      worker: 2,
      port: 8443,
      msg: 'listening',
    });
  });

  it('is quiet below its level, which can be changed', async () => {
    const sink = fakeSink();
    const events = eventsTo(sink);
    events.log.debug('hidden');
    events.log.level = 'debug';
    events.log.debug('shown');
    await events.close();
    expect(sink.taken()).toContain('shown');
    expect(sink.taken()).not.toContain('hidden');
  });

  it('shows the cause of an error with its stack', async () => {
    const sink = fakeSink();
    const events = eventsTo(sink);
    events.log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    await events.close();
    const { err } = JSON.parse(sink.taken());
    expect(err.message).toContain('inner');
    expect(err.stack).toContain('log.test.ts');
  });

  it('keeps text for a person in its place among the lines', async () => {
    const sink = fakeSink(systemError('EAGAIN'));
    const events = eventsTo(sink);
    events.log.info('before');
    events.say('Tollgate serves');
    events.log.info('after');
    await events.close();
    expect(sink.taken()).toMatch(/before.*\nTollgate serves\n.*after/);
  });

  it('a blocked reader costs lines, which are counted, and nothing else', async () => {
    const sink = fakeSink('never');
    const events = eventsTo(sink);
    for (let index = 0; index < 10_000; index += 1) events.log.info('something of a message');
    expect(events.lost).toBeGreaterThan(0);
    await events.close(10);
  });
});
