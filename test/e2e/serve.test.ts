// `tollgate serve` as a person starts it: it answers, says where, and tells its state.
import { request as plainRequest } from 'node:http';
import { connect } from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { get } from '../support/client.ts';
import { config, run, serve, site } from '../support/tollgate.ts';

describe('tollgate serve', () => {
  it('answers over https by HTTP/1.1 and HTTP/2', async () => {
    const { httpsPort } = await serve(site());
    expect(await get(httpsPort, '/')).toMatchObject({ status: 200, body: 'hello' });
    const session = connect(`https://127.0.0.1:${httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const status = await new Promise((resolve, reject) => {
      session.on('error', reject);
      session.request({ ':path': '/' }).on('response', (headers) => resolve(headers[':status']));
    });
    expect(status).toBe(200);
  });

  it('sends http to https with 308', async () => {
    const { httpPort } = await serve(site());
    const { status, location } = await new Promise<{ status?: number; location?: string }>(
      (resolve, reject) => {
        const headers = { host: 'example.com' };
        plainRequest({ host: '127.0.0.1', port: httpPort, path: '/a?b', headers }, (response) => {
          const { statusCode, headers } = response.resume();
          resolve({
            ...(statusCode === undefined ? {} : { status: statusCode }),
            ...(headers.location === undefined ? {} : { location: headers.location }),
          });
        })
          .on('error', reject)
          .end();
      },
    );
    expect(status).toBe(308);
    expect(location).toMatch(/^https:\/\/example\.com(:\d+)?\/a\?b$/);
  });

  it('says on stderr where it listens and what is logged, and nothing but request lines on stdout', async () => {
    const running = await serve(site());
    await get(running.httpsPort, '/');
    await expect.poll(running.stdout).toContain('"path":"/"');
    expect(running.stderr()).toContain(`https://127.0.0.1:${running.httpsPort}`);
    expect(running.stderr()).toContain('request log: on, json, to stdout');
    expect(running.stdout().trimEnd().split('\n')).toHaveLength(1);
  });

  it('is found by `tollgate status`, which says what it does', async () => {
    const { directory, httpsPort, pid } = await serve(site());
    await get(httpsPort, '/');
    const { code, stdout } = await run(directory, ['status', '--json']);
    expect(code).toBe(0);
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({ state: 'serving', pid, lastReload: null });
    expect(status.processes).toMatchObject([{ worker: 0, pid, restarts: 0 }]);
    expect(status.processes[0].report.front.requests).toBe(1);
    const forPeople = await run(directory, ['status']);
    expect(forPeople.stdout).toMatch(/^serving for \d+ s \(tollgate /);
  });

  it('takes flags before the environment before the file', async () => {
    const directory = site({ 'tollgate.yaml': config(['requestLog: { mode: on, format: json }']) });
    const running = await serve(directory, {
      args: ['--request-log-format', 'combined'],
      env: { REQUEST_LOG: 'errors', REQUEST_LOG_FORMAT: 'json' },
    });
    await get(running.httpsPort, '/');
    await get(running.httpsPort, '/missing');
    await expect.poll(running.stdout).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \/missing HTTP\/1\.1" 404 /);
    expect(running.stdout()).not.toContain('GET / ');
  });

  it('a fault that nobody catches is told with its stack, the lines are kept, and the exit code is 1', async () => {
    const running = await serve(site());
    await get(running.httpsPort, '/fault').catch(() => {
      // The answer may or may not have left before the end.
    });
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.events().at(-1)).toMatchObject({
      level: 'fatal',
      err: { message: 'nobody catches this' },
    });
    expect(running.stdout()).toContain('"path":"/fault"');
  });
});

describe('the command', () => {
  it('explains itself: help on stdout, exit 0, with examples for each subcommand', async () => {
    const directory = site();
    const top = await run(directory, ['--help']);
    expect(top).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['serve', 'check', 'reload', 'status', 'schema']) {
      expect(top.stdout).toContain(`  ${name}`);
      const { code, stdout } = await run(directory, [name, '-h']);
      expect(code).toBe(0);
      expect(stdout).toContain(`tollgate ${name}`);
    }
    expect(top.stdout).not.toContain('worker');
  });

  it('has a version', async () => {
    expect((await run(site(), ['-V'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([[['serve', '--no-such-flag']], [['no-such-command']], [[]], [['worker']]])(
    'used wrongly (%j) says how on stderr and exits 2',
    async (args) => {
      const { code, stdout, stderr } = await run(site(), args);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('tollgate');
    },
  );

  it('hands the words after bench to the bench, its help and its exit code back', async () => {
    const help = await run(site(), ['bench', '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('cliff');
    expect((await run(site(), ['bench', 'no-such-experiment'])).code).toBe(2);
  });

  it('prints the schema of the configuration', async () => {
    const { code, stdout } = await run(site(), ['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).properties).toHaveProperty('sites');
  });
});
