import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Sink } from '../../src/sink/sink.ts';
import { LineWriter, type WriterOptions } from '../../src/sink/writer.ts';
import { fakeSink, systemError } from '../support/fake-sink.ts';

function writerOf(sink: Sink, options: Partial<WriterOptions> = {}): LineWriter {
  const writer = new LineWriter(sink, {
    delayMs: 5,
    batchBytes: 1024,
    boundBytes: 4096,
    retryMs: 5,
    busyRetryMs: 1,
    onTrouble: () => {},
    ...options,
  });
  onTestFinished(() => writer.close(0));
  return writer;
}

function appendAll(writer: LineWriter, lines: readonly string[]): string {
  for (const line of lines) writer.append(line);
  return lines.join('');
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}\n`);

describe('the writer', () => {
  it('puts many lines into one write', async () => {
    const sink = fakeSink();
    const writer = writerOf(sink);
    const text = appendAll(writer, numbered(50));
    await vi.waitFor(() => expect(sink.taken()).toBe(text));
    expect(sink.offered).toEqual([text.length]);
    expect(writer.counters).toEqual({ written: 50, dropped: 0, failedWrites: 0 });
  });

  it('writes a full batch without waiting for its delay', async () => {
    const sink = fakeSink();
    const writer = writerOf(sink, { delayMs: 60_000, batchBytes: 100 });
    appendAll(writer, numbered(20));
    await vi.waitFor(() => expect(sink.taken().length).toBeGreaterThanOrEqual(100));
  });

  it('does not leave a line behind that arrives while the last write settles', async () => {
    const writer = writerOf(fakeSink(), { delayMs: 0 });
    for (let round = 1; round <= 50; round += 1) {
      writer.append('a\n');
      for (let step = 0; step < round % 7; step += 1) await Promise.resolve();
      writer.append('b\n');
      await vi.waitFor(() => expect(writer.counters.written).toBe(round * 2), { interval: 1 });
    }
  });

  it('goes on after a short write where it ended', async () => {
    const sink = fakeSink(3, 1, 7);
    const writer = writerOf(sink);
    const text = appendAll(writer, numbered(9));
    await writer.flush();
    expect(sink.taken()).toBe(text);
    expect(writer.counters.written).toBe(9);
  });

  it('EAGAIN and EBUSY: waits for the reader and loses nothing', async () => {
    const sink = fakeSink(systemError('EAGAIN'), systemError('EBUSY'), 4, systemError('EAGAIN'));
    const writer = writerOf(sink);
    const text = appendAll(writer, numbered(9));
    await vi.waitFor(() => expect(sink.taken()).toBe(text));
    expect(writer.counters).toEqual({ written: 9, dropped: 0, failedWrites: 0 });
  });

  it('ENOSPC in the middle of a line: tries again, and the line is whole once there is space', async () => {
    const sink = fakeSink(5, systemError('ENOSPC'), systemError('ENOSPC'));
    const causes: string[] = [];
    const writer = writerOf(sink, { onTrouble: (cause) => causes.push(cause) });
    const text = appendAll(writer, numbered(9));
    await vi.waitFor(() => expect(sink.taken()).toBe(text));
    expect(writer.counters).toEqual({ written: 9, dropped: 0, failedWrites: 2 });
    expect(causes).toEqual(['ENOSPC', 'ENOSPC']);
  });

  it('a reader that never reads: has one write outstanding, keeps up to its bound, counts the rest', async () => {
    const sink = fakeSink('never');
    const writer = writerOf(sink, { boundBytes: 1000 });
    const line = `${'x'.repeat(99)}\n`;
    appendAll(writer, [line]);
    await vi.waitFor(() => expect(sink.offered).toHaveLength(1));
    appendAll(
      writer,
      Array.from({ length: 50 }, () => line),
    );
    expect(writer.counters.dropped).toBe(41);
    await writer.flush(20);
    expect(sink.offered).toHaveLength(1);
  });

  it('tells of each dropped line why: what failed, or that the reader is too slow', async () => {
    const causes = new Set<string>();
    const options = { boundBytes: 10, retryMs: 60_000, onTrouble: (cause: string) => void causes.add(cause) };
    const slow = writerOf(fakeSink('never'), options);
    appendAll(slow, numbered(5));
    expect([...causes]).toEqual(['the reader is too slow']);
    causes.clear();
    const full = writerOf(fakeSink(systemError('ENOSPC')), options);
    full.append('first\n');
    await vi.waitFor(() => expect(full.counters.failedWrites).toBe(1));
    appendAll(full, numbered(5));
    expect([...causes]).toEqual(['ENOSPC']);
  });

  it('takes lines again once the reader reads again', async () => {
    const sink = fakeSink(...Array.from({ length: 20 }, () => systemError('EAGAIN')));
    const writer = writerOf(sink, { boundBytes: 100 });
    appendAll(writer, numbered(50));
    const { dropped } = writer.counters;
    expect(dropped).toBeGreaterThan(0);
    await vi.waitFor(() => expect(writer.counters.written).toBe(50 - dropped));
    writer.append('after\n');
    await writer.flush();
    expect(sink.taken().endsWith('after\n')).toBe(true);
    expect(writer.counters.dropped).toBe(dropped);
  });

  it('never has two writes outstanding', async () => {
    const sink = fakeSink(1, 2, systemError('EAGAIN'), 3, systemError('EIO'), 4);
    const writer = writerOf(sink, { batchBytes: 20 });
    for (const line of numbered(60)) {
      writer.append(line);
      void writer.flush();
      if (line.length % 2 === 0) await Promise.resolve();
    }
    await writer.flush();
    expect(writer.counters.written).toBe(60);
    expect(sink.overlaps()).toBe(0);
  });
});

describe('flush and close', () => {
  it('flush gives up after its time when the reader is blocked', async () => {
    const writer = writerOf(fakeSink('never'));
    writer.append('x\n');
    await writer.flush(10);
    expect(writer.counters.written).toBe(0);
  });

  it('flush does not wait for the pause after a failure to end', async () => {
    const sink = fakeSink(systemError('ENOSPC'));
    const writer = writerOf(sink, { retryMs: 60_000 });
    writer.append('x\n');
    await vi.waitFor(() => expect(writer.counters.failedWrites).toBe(1));
    await writer.flush();
    expect(sink.taken()).toBe('x\n');
  });

  it('close writes what is left, closes the sink once, and is idempotent', async () => {
    const sink = fakeSink();
    const writer = writerOf(sink, { delayMs: 60_000 });
    writer.append('x\n');
    await Promise.all([writer.close(), writer.close()]);
    expect(sink.taken()).toBe('x\n');
    expect(sink.closed()).toBe(true);
  });

  it('close counts what a blocked reader did not take, and lines that come later', async () => {
    const writer = writerOf(fakeSink('never'));
    appendAll(writer, numbered(3));
    await writer.close(10);
    writer.append('late\n');
    expect(writer.counters).toEqual({ written: 0, dropped: 4, failedWrites: 0 });
  });
});

describe('reopen', () => {
  it.each([0, 1, 2, 3, 4])(
    'regression: a line appended %i turns after it, then a close, is written',
    async (turns) => {
      const sink = fakeSink();
      const writer = writerOf(sink, { delayMs: 60_000 });
      await writer.reopen();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      writer.append('after\n');
      await writer.close();
      expect(writer.counters).toMatchObject({ written: 1, dropped: 0 });
    },
  );

  it('regression: asked for while a write is about to fail, does not wait for the pause that follows', async () => {
    const sink = fakeSink(systemError('ENOSPC'));
    const writer = writerOf(sink, { retryMs: 60_000, delayMs: 0 });
    writer.append('x\n');
    await writer.reopen();
    await writer.flush();
    expect(sink.taken()).toBe('x\n');
  });

  it('moves between two lines', async () => {
    const sink = fakeSink();
    const writer = writerOf(sink, { delayMs: 60_000 });
    await writer.reopen();
    writer.append('x\n');
    await writer.flush();
    expect(sink.reopens()).toBe(1);
    expect(sink.taken()).toBe('x\n');
  });

  it('does not begin the new file with the rest of a line from the old one', async () => {
    const sink = fakeSink(3, systemError('ENOSPC'));
    const writer = writerOf(sink, { retryMs: 60_000 });
    appendAll(writer, ['first\n', 'second\n']);
    await vi.waitFor(() => expect(writer.counters.failedWrites).toBe(1));
    await writer.reopen();
    await writer.flush();
    expect(sink.taken()).toBe('second\n');
    expect(writer.counters).toEqual({ written: 1, dropped: 1, failedWrites: 1 });
  });

  it('rejects when the file cannot be opened, goes on with the old one, and works the next time', async () => {
    const sink = fakeSink();
    const writer = writerOf(sink, { delayMs: 60_000 });
    sink.reopenError = systemError('ENOENT');
    await expect(writer.reopen()).rejects.toThrow('ENOENT');
    writer.append('x\n');
    await writer.flush();
    expect(sink.taken()).toBe('x\n');
    sink.reopenError = undefined;
    await writer.reopen();
    expect(sink.reopens()).toBe(1);
  });
});
