// /metrics of a real process and of a crew, read by Prometheus' own tool.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { statusOf } from '../support/admin.ts';
import { ask } from '../support/ask.ts';
import { metricsIn, namesIn, questionsOf, readBoard } from '../support/board.ts';
import { sampleOf, scrape } from '../support/scrape.ts';
import { writePair } from '../support/certificate.ts';
import { config, PATIENCE_MS, serve, site, type Running } from '../support/tollgate.ts';

const PROMTOOL = '/usr/bin/promtool';

const visit = ({ httpsPort }: Running, path = '/'): Promise<unknown> => ask(httpsPort, 'h1', { path });

const ANSWERED = 'tollgate_requests_total{site="*",route="/",code="2xx"}';

describe('/metrics', () => {
  it.runIf(existsSync(PROMTOOL) || process.env['CI'] === 'true')(
    'passes promtool without a remark, is OpenMetrics for Prometheus, and has all that the Grafana board asks for',
    async () => {
      const running = await serve(site());
      await visit(running);
      const { contentType, body } = await scrape(running.directory);
      expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: body, encoding: 'utf8' })).toBe('');
      const open = await scrape(running.directory, 'application/openmetrics-text;version=1.0.0');
      expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      expect(open.body).toMatch(/\n# EOF\n$/);
      const asked = metricsIn(questionsOf(readBoard()));
      expect(asked.size).toBeGreaterThan(20);
      expect([...asked.difference(namesIn(body))]).toEqual([]);
    },
  );

  it.runIf(existsSync(PROMTOOL) || process.env['CI'] === 'true')(
    'tells of each upstream server how it does, once even when two upstreams have it',
    async () => {
      const server = 'http://127.0.0.1:1';
      const routes = ['/a', '/b'].map(
        (path, at) => `      - { path: ${path}, upstream: { servers: '${server}', maxFails: ${at + 3} } }`,
      );
      const file = config() + routes.join('\n');
      const running = await serve(site({ 'tollgate.yaml': file }));
      await visit(running, '/a');
      await visit(running, '/b');
      const sample = (name: string): Promise<number> => sampleOf(running, `${name}{server="${server}"`);
      expect(await sample('tollgate_upstream_server_requests_total')).toBe(4);
      expect(await sample('tollgate_upstream_server_failed_total')).toBe(4);
      expect(await sampleOf(running, 'tollgate_upstream_retries_total')).toBe(2);
      expect(await sample('tollgate_upstream_server_up')).toBe(2);
      const { body } = await scrape(running.directory);
      expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: body, encoding: 'utf8' })).toBe('');
    },
  );

  it.runIf(existsSync(PROMTOOL) || process.env['CI'] === 'true')(
    'tells what caches and compression have saved, and whether limits are shared',
    async () => {
      const text = 'a line that repeats\n'.repeat(200);
      const route = JSON.stringify({
        path: '/page',
        respond: { headers: { 'cache-control': 'max-age=60', 'content-type': 'text/plain' }, body: text },
        cache: 'on',
        compress: 'on',
        rateLimit: { requests: 1000, shared: 'on' },
      });
      const file = `${config(["redis: { server: 'unix:/nowhere/redis.sock' }"])}\n      - ${route}`;
      const running = await serve(site({ 'tollgate.yaml': file }));
      const fields = { 'accept-encoding': 'gzip' };
      for (let at = 0; at < 3; at++) await ask(running.httpsPort, 'h1', { path: '/page', fields });
      const cached = (rest: string): Promise<number> =>
        sampleOf(running, `tollgate_cache_${rest.replace('{', '{cache="*/page"')}`);
      expect(await cached('requests_total{,outcome="hit"}')).toBe(2);
      expect(await cached('requests_total{,outcome="miss"}')).toBe(1);
      expect(await cached('entries{}')).toBe(1);
      expect(await cached('bytes{}')).toBeGreaterThan(1000);
      expect(await sampleOf(running, 'tollgate_compressed_answers_total{coding="gzip"}')).toBe(1);
      const bytes = (way: string): Promise<number> =>
        sampleOf(running, `tollgate_compression_bytes_total{coding="gzip",direction="${way}"}`);
      expect(await bytes('in')).toBe(text.length);
      expect(await bytes('out')).toBeLessThan(200);
      const redis = (name: string): Promise<number> =>
        sampleOf(running, `tollgate_redis_${name}{server="unix:/nowhere/redis.sock"`);
      expect(await redis('up')).toBe(0);
      expect(await redis('questions_total')).toBe(3);
      const { body } = await scrape(running.directory);
      expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: body, encoding: 'utf8' })).toBe('');
    },
  );

  it.runIf(existsSync(PROMTOOL) || process.env['CI'] === 'true').each(['1', '2'])(
    'tells when the certificate of a file ends, also after it was renewed (workers: %s)',
    async (workers) => {
      const tls = config().replace('self-signed', '{ certificate: site.pem, key: site.key }');
      const directory = site({ 'tollgate.yaml': tls });
      await writePair(directory, 'site', ['a.test'], 10);
      const running = await serve(directory, { args: ['--workers', workers] });
      const daysLeft = async (): Promise<number> => {
        const end = await sampleOf(running, 'tollgate_certificate_expiry_timestamp_seconds{site="*"}');
        return Math.round((end * 1000 - Date.now()) / 86_400_000);
      };
      expect(await daysLeft()).toBe(10);
      await writePair(directory, 'site', ['a.test'], 90);
      await expect.poll(daysLeft, { timeout: PATIENCE_MS }).toBe(90);
      const { body } = await scrape(directory);
      expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: body, encoding: 'utf8' })).toBe('');
    },
  );

  it('counts how often a breaker trips, which a mark for failures in a row is not', async () => {
    const { url } = await httpUpstream((_request, response) => response.writeHead(500).end());
    const routes = [
      `{ path: /broken, upstream: { servers: '${url}', breaker: { share: 50%, least: 5 } } }`,
      `{ path: /away, upstream: { servers: 'http://127.0.0.1:1' } }`,
    ];
    const file = config() + routes.map((route) => `      - ${route}\n`).join('');
    const running = await serve(site({ 'tollgate.yaml': file }));
    for (let at = 0; at < 6; at++) for (const path of ['/broken', '/away']) await visit(running, path);
    const of = (name: string, server: string): Promise<number> =>
      sampleOf(running, `tollgate_upstream_server_${name}{server="${server}"`);
    expect(await of('trips_total', url)).toBe(1);
    expect(await of('marked', 'http://127.0.0.1:1')).toBe(1);
    expect(await of('trips_total', 'http://127.0.0.1:1')).toBe(0);
  });

  it('answers to the names that admin.metrics has, and to others after a reload; orders stay with localhost', async () => {
    const named = (host: string): string =>
      config().replace(
        'admin: unix:./admin.sock',
        `admin: { listen: 127.0.0.1:0, metrics: { from: 192.0.2.1, hosts: ${host} } }`,
      );
    const running = await serve(site({ 'tollgate.yaml': named('web1.internal') }));
    const port = Number(/127\.0\.0\.1:(\d+)(?= +admin)/.exec(running.stderr())?.[1]);
    const status = (path: string, host: string, method = 'GET'): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        request({ port, path, method, agent: false, headers: { host } })
          .on('response', (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await status('/metrics', 'web1.internal:9901')).toBe(200);
    expect(await status('/metrics', 'evil.example')).toBe(403);
    expect(await status('/status', 'web1.internal:9901')).toBe(403);
    expect(await status('/reload', 'web1.internal:9901', 'POST')).toBe(403);
    writeFileSync(join(running.directory, 'tollgate.yaml'), named('web2.internal'));
    expect(await status('/reload', 'localhost', 'POST')).toBe(200);
    expect(await status('/metrics', 'web1.internal:9901')).toBe(403);
    expect(await status('/metrics', 'web2.internal:9901')).toBe(200);
  });

  it('counts by site, route and class, and times what it counts', async () => {
    const running = await serve(site());
    for (let at = 0; at < 3; at++) await visit(running);
    await visit(running, '/nothing-here');
    await expect.poll(() => sampleOf(running, ANSWERED)).toBe(3);
    expect(await sampleOf(running, 'tollgate_requests_total{site="*",route="/",code="4xx"}')).toBe(1);
    expect(await sampleOf(running, 'tollgate_request_duration_seconds_count{site="*",route="/"}')).toBe(4);
    expect(await sampleOf(running, 'tollgate_tls_handshakes_total')).toBe(4);
    expect(await sampleOf(running, 'tollgate_cpu_seconds_total{worker="0"')).toBeGreaterThan(0);
    expect(await sampleOf(running, 'tollgate_resident_memory_bytes{worker="0"}')).toBeGreaterThan(1e7);
    await expect.poll(() => sampleOf(running, 'tollgate_event_loop_delay_seconds_count')).toBeGreaterThan(0);
  });

  it('adds up a crew, and does not fall when a worker dies', async () => {
    const running = await serve(site({ 'tollgate.yaml': config(['workers: 2']) }));
    for (let at = 0; at < 12; at++) await visit(running);
    await expect.poll(() => sampleOf(running, ANSWERED)).toBe(12);
    expect(await sampleOf(running, 'tollgate_worker_up')).toBe(2);
    const [first] = (await statusOf(running.directory)).processes;
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await expect
      .poll(() => sampleOf(running, 'tollgate_worker_restarts_total'), { timeout: PATIENCE_MS })
      .toBe(1);
    await expect.poll(() => sampleOf(running, 'tollgate_worker_up'), { timeout: PATIENCE_MS }).toBe(2);
    expect(await sampleOf(running, ANSWERED)).toBe(12);
  });
});
