// The real nginx on the same malformed requests, where it is installed: recorded beside what is wanted, not judged.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { MalformedCase } from './malformed/case.ts';
import { MALFORMED_CASES } from './malformed/cases/index.ts';
import { nginxVersion, startNginx } from './malformed/nginx.ts';
import { opinionOn, wantedOf } from './malformed/opinion.ts';
import { Recorder } from './malformed/recorder.ts';

const RESULT = join(import.meta.dirname, '../results/malformed.md');
/** Some cases are a time-out for nginx: several at once. */
const SERVERS = 12;

const version = nginxVersion();

it.skipIf(version === undefined && process.env['CI'] !== 'true')(
  'nginx has its say on every malformed request',
  async () => {
    const recorders = Array.from({ length: SERVERS }, () => new Recorder());
    await Promise.all(recorders.map((recorder) => recorder.listen()));
    onTestFinished(() => recorders.forEach((recorder) => recorder.close()));
    const nginx = await startNginx(
      version ?? '',
      recorders.map(({ port }) => port),
    );
    onTestFinished(() => nginx.close());

    const opinions = new Map<MalformedCase, string>();
    const left = [...MALFORMED_CASES];
    const work = async (recorder: Recorder, path: string): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        opinions.set(next, await opinionOn(next, { path }, recorder));
      }
    };
    await Promise.all(recorders.map((recorder, at) => work(recorder, nginx.sockets[at] ?? '')));

    expect(opinions.size).toBe(MALFORMED_CASES.length);
    mkdirSync(dirname(RESULT), { recursive: true });
    writeFileSync(RESULT, tableOf(opinions, nginx.version));
  },
  120_000,
);

function tableOf(opinions: ReadonlyMap<MalformedCase, string>, nginx: string): string {
  const rows = MALFORMED_CASES.map((malformed) => {
    const { name, source, expected } = malformed;
    const cells = [name, source, wantedOf(expected), opinions.get(malformed) ?? ''];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `# Malformed requests: what Tollgate must do, what nginx ${nginx} does

Written by test/conformance/second-opinion.test.ts on a machine that has nginx; informative, nothing is judged by it. Tollgate is held to its column by malformed.test.ts, through both engines, in one, two and many pieces. nginx is set up with its defaults, a host of its own, keep-alive to the target and 421 for other hosts; its column is the statuses the client got and the requests that reached the target (which answers 204).

| a request with | source | Tollgate must | nginx |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
