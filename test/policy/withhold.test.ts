// `withhold`: paths that nobody gets, in every lane, over each protocol, however they are spelled.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { recordOf } from '../support/records.ts';
import { directoryWith, LANES, PROTOCOLS, start } from './start.ts';

const FILES = { 'a.php': 'secret', 'dump.SQL': 'secret', 'a.php.gz': 'secret', 'a.html': 'open' };

function site(): string {
  const directory = directoryWith(FILES);
  mkdirSync(join(directory, 'private'));
  for (const name of ['index.html', 'x y.html']) writeFileSync(join(directory, 'private', name), 'secret');
  return directory;
}

describe.each(LANES)('%s lane', (_lane, more) => {
  describe.each(PROTOCOLS)('%s', (protocol) => {
    it('answers 403 to what is withheld, whether or not it is there, with a record', async () => {
      const withhold = ['\\.(php|sql)$', '^/private/(index|x y)'];
      const running = await start([{ path: '/', files: site(), ...more }], { withhold });
      const answerTo = async (path: string): Promise<string> => {
        const { status, body } = await ask(running.httpsPort, protocol, { path });
        return `${path} ${status} ${/^(?:secret|open)$/.exec(body.toString())?.[0] ?? ''}`;
      };
      const withheld = [
        '/a.php',
        '/none.php',
        '/dump.SQL',
        '/dump.sql',
        '/a.PHP',
        '/a.p%68p',
        '/a.php?x=1',
        '/a.php.gz',
        '/a.php.br',
        '/x/../a.php',
        '/private/',
        '/private/index.html',
        '/private/x%20y.html',
        '/private//index.html',
        '/private%2Findex.html',
      ];
      // Twice: the second answer would come from memory.
      for (const path of [...withheld, ...withheld]) expect(await answerTo(path)).toBe(`${path} 403 `);
      for (const path of ['/a.html', '/a.html']) expect(await answerTo(path)).toBe(`${path} 200 open`);
      expect(await answerTo('/a.php/')).toBe('/a.php/ 404 ');
      expect(await recordOf(running, '/none.php')).toMatchObject({ status: 403 });
    });
  });
});

describe('the files of a directory', () => {
  it('are not to be had by a second slash, which the route of another path would not see', async () => {
    const directory = site();
    const running = await start([
      { path: '/s/', files: directory },
      { path: '/s/private/', files: directory, deny: 'any' },
    ]);
    const statusOf = async (path: string): Promise<number> =>
      (await ask(running.httpsPort, 'h1', { path })).status;
    expect(await statusOf('/s/private/index.html')).toBe(403);
    expect(await statusOf('/s//private/index.html')).toBe(404);
  });
});
