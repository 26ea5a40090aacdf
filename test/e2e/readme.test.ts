// The README keeps its word: its configuration is one, its commands are there, and it stays short.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writePair } from '../support/certificate.ts';
import { get } from '../support/client.ts';
import { run, serve, site } from '../support/tollgate.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const example = /```yaml\n([\s\S]*?)```/.exec(README)?.[1] ?? '';

/** What the example names, so that nothing but the example itself can be wrong. */
async function withItsFiles(): Promise<string> {
  const text = example
    .replace('cert.pem', 'pair.pem')
    .replace('key.pem', 'pair.key')
    .replace('/var/log/tollgate/access.log', './access.log')
    .replace(/^listen: \{.*\}/m, 'listen: { https: 127.0.0.1:0, http: 127.0.0.1:0 }')
    .replace(/^admin: \S+/m, 'admin: unix:./admin.sock');
  const directory = site({ 'tollgate.yaml': text, 'app.ts': 'export default async () => {};' });
  mkdirSync(join(directory, 'public'));
  writeFileSync(join(directory, 'public/a.txt'), 'a file');
  await writePair(directory, 'pair', ['example.com', '*.example.com']);
  return directory;
}

describe('the README', () => {
  it('has under 150 lines', () => {
    expect(README.split('\n').length).toBeLessThan(150);
  });

  it('shows a configuration without mistakes or warnings', async () => {
    const { code, stdout, stderr } = await run(await withItsFiles(), ['check']);
    expect(stderr).toBe('');
    expect(stdout).toBe('tollgate.yaml: no mistakes\n');
    expect(code).toBe(0);
  });

  it('shows a configuration that serves what it says', async () => {
    const { httpsPort } = await serve(await withItsFiles());
    const host = { headers: { host: 'example.com' }, servername: 'example.com' };
    expect((await get(httpsPort, '/assets/a.txt', host)).body).toBe('a file');
    expect((await get(httpsPort, '/old', host)).headers['location']).toBe('/new');
    expect((await get(httpsPort, '/robots.txt', host)).body).toBe('User-agent: *\n');
    expect((await get(httpsPort, '/', { ...host, headers: { host: 'other.example' } })).status).toBe(421);
  });

  it('starts with a configuration, that of the checkout, which has no mistakes either', async () => {
    const ours = join(import.meta.dirname, '../../tollgate.yaml');
    expect(await run(site(), ['check', '-c', ours])).toMatchObject({ code: 0, stderr: '' });
  });

  it('names every command there is', async () => {
    const { stdout } = await run(site(), ['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[|  )/gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(6);
    for (const name of commands.filter((one) => one !== 'help'))
      expect(README).toMatch(new RegExp(`\`${name}( …)?\``));
  });
});
