// Certificates while it serves: what could not be loaded is offered again until it is served, and is seen until then.
import { loadConfig } from '@tollgate/core';
import { createEventLog } from '@tollgate/log';
import { expect, it, onTestFinished } from 'vitest';
import { Reloads } from '../../src/serve/reloads.ts';

const { config } = loadConfig({ file: `${import.meta.dirname}/../../../../tollgate.yaml` });

/** What the service answers to each load; after the last: all is well. */
function reloads(...answers: readonly (() => readonly string[])[]) {
  const events = createEventLog({ level: 'silent' });
  let asked = 0;
  const made = new Reloads({
    service: {
      reload: async () => undefined,
      setRequestLogMode: async () => undefined,
      loadCertificates: async () => answers[asked++]?.() ?? [],
    },
    config,
    events,
    load: () => ({ ok: true, config, warnings: [] }),
    onChange: async () => undefined,
    retryMs: 50,
  });
  onTestFinished(async () => {
    made.close();
    await events.close();
  });
  return { made, asked: () => asked };
}

const gone = (): never => {
  throw new Error('the worker ended: SIGKILL');
};
const unreadable = () => ['site a.test: tls.key: cannot read a.key'];

it('a certificate that could not be loaded is offered again until it is served', async () => {
  const { made, asked } = reloads(gone, unreadable);
  await made.loadCertificates();
  expect(made.lastCertificateLoad?.errors).toEqual(['the worker ended: SIGKILL']);
  await expect.poll(asked).toBe(3);
  await expect.poll(() => made.lastCertificateLoad?.errors).toEqual([]);
});

it('a reload that takes them over ends the tries', async () => {
  const { made, asked } = reloads(unreadable);
  await made.loadCertificates();
  expect(made.lastCertificateLoad?.errors).toEqual(unreadable());
  await made.reload();
  expect(made.lastCertificateLoad?.errors).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(asked()).toBe(1);
});

it('certificates that cannot be loaded do not hide a configuration that was refused, nor the other way about', async () => {
  const { made } = reloads(unreadable);
  await made.reload();
  await made.loadCertificates();
  expect(made.last?.outcome.ok).toBe(true);
  expect(made.lastCertificateLoad?.errors).toHaveLength(1);
});
