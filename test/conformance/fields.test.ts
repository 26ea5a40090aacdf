// Header fields both ways: what is end to end arrives as it is, what belongs to a connection does not, and what the
// front says of the client is the same whichever way the app is reached.
import { describe, expect, it } from 'vitest';
import { ask, endToEnd, fieldOf } from '../support/ask.ts';
import type { Answer } from '../support/ask.ts';
import type { Seen } from '../support/probe/app.ts';
import { rawConnectTls } from '../../packages/proxy/test/support/raw.ts';
import { FRONT_WAYS, HOST, onEveryWay, WAYS } from '../support/ways.ts';

const seen = (answer: Answer): Seen => JSON.parse(answer.body.toString());
const valuesOf = ({ fields }: Pick<Seen, 'fields'>, name: string): string[] =>
  fields.filter(([known]) => known === name).map(([, value]) => value);

onEveryWay(WAYS, (running, protocol) => {
  it('fields of an answer keep their values, repetitions and, over HTTP/1.1, their casing', async () => {
    const answer = await ask(running().httpsPort, protocol, { path: '/probe/fields' });
    const cased = (name: string): string => (protocol === 'h1' ? name : name.toLowerCase());
    // An app that writes through the framework gives up the casing of names: it lower-cases them.
    expect(endToEnd(answer.fields)).toEqual([
      ['cache-control', 'max-age=5'],
      ['content-length', '6'],
      ['content-type', 'text/plain'],
      ['set-cookie', 'a=1; Path=/'],
      ['set-cookie', 'b=2; HttpOnly'],
      ['x-empty', ''],
      ['x-list', 'one'],
      ['x-list', 'two'],
      ['x-mixed-case', 'kept'],
    ]);
    const raw = await ask(running().httpsPort, protocol, { path: '/probe/cased' });
    expect(raw.fields).toContainEqual([cased('X-MiXeD-CaSe'), 'kept']);
  });

  it('12 KB of fields in an answer arrive', async () => {
    const { fields } = await ask(running().httpsPort, protocol, { path: '/probe/large-fields' });
    expect(fields.filter(([name]) => name.startsWith('x-large-'))).toHaveLength(12);
    expect(fieldOf(fields, 'x-large-7')).toHaveLength(1000);
  });

  it('12 KB of fields in a request arrive', async () => {
    const large = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`x-large-${at}`, 'x'.repeat(1000)]),
    );
    const answer = await ask(running().httpsPort, protocol, { path: '/probe/echo', fields: large });
    expect(answer.status).toBe(200);
    expect(seen(answer).fields.filter(([name]) => name.startsWith('x-large-'))).toHaveLength(12);
  });

  it('repeated and empty fields of a request arrive as they are', async () => {
    const fields = { 'x-list': ['one', 'two, three'], 'x-empty': '' };
    const request = seen(await ask(running().httpsPort, protocol, { path: '/probe/echo', fields }));
    expect(valuesOf(request, 'x-list').join(', ')).toBe('one, two, three');
    expect(valuesOf(request, 'x-empty')).toEqual(['']);
  });

  it('a cookie arrives as one field', async () => {
    const fields = { cookie: 'a=1; b=2; c=3' };
    const request = seen(await ask(running().httpsPort, protocol, { path: '/probe/echo', fields }));
    expect(valuesOf(request, 'cookie')).toEqual(['a=1; b=2; c=3']);
  });

  it('credentials arrive', async () => {
    const fields = { authorization: 'Bearer abc' };
    const request = seen(await ask(running().httpsPort, protocol, { path: '/probe/echo', fields }));
    expect(valuesOf(request, 'authorization')).toEqual(['Bearer abc']);
  });
});

describe('with a front', () => {
  onEveryWay(FRONT_WAYS, (running, protocol) => {
    it('the app is told of the client in the very same words', async () => {
      const request = seen(await ask(running().httpsPort, protocol, { path: '/probe/echo' }));
      const told = (name: string): string[] => valuesOf(request, name);
      expect(told('host')).toEqual([HOST]);
      expect(told('x-forwarded-for')).toEqual(['127.0.0.1']);
      expect(told('x-forwarded-proto')).toEqual(['https']);
      expect(told('x-forwarded-host')).toEqual([HOST]);
      expect(told('forwarded')).toEqual([`for=127.0.0.1;proto=https;host=${HOST}`]);
      expect(told('via')).toEqual([protocol === 'h1' ? '1.1 tollgate' : '2.0 tollgate']);
      expect(told('x-request-id')).toEqual([expect.stringMatching(/^[\w-]+$/)]);
      expect(told('x-forwarded-tls')).toEqual(['TLSv1.3 TLS_AES_128_GCM_SHA256']);
      expect(told('x-request-start')).toEqual([expect.stringMatching(/^t=\d{16}$/)]);
    });

    it('what a client claims about itself is not believed', async () => {
      const claims = {
        'x-forwarded-for': '198.51.100.66',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'evil.test',
        'x-forwarded-port': '1',
        forwarded: 'for=198.51.100.66',
        'x-real-ip': '198.51.100.66',
        'x-request-id': 'evil-1',
        'x-forwarded-tls': 'evil evil',
        'x-request-start': 't=1000000000000000',
      };
      const answer = await ask(running().httpsPort, protocol, { path: '/probe/echo', fields: claims });
      expect(JSON.stringify(seen(answer).fields)).not.toMatch(/evil|198\.51|t=1000000000000000|"http"/);
    });

    it('a name with an underscore is dropped', async () => {
      const fields = { x_forwarded_for: '198.51.100.66', 'x-kept': '1' };
      const request = seen(await ask(running().httpsPort, protocol, { path: '/probe/echo', fields }));
      expect(JSON.stringify(request.fields)).not.toContain('198.51');
      expect(valuesOf(request, 'x-kept')).toEqual(['1']);
    });

    it('fields of the app’s connection do not reach the client', async () => {
      const { status, fields } = await ask(running().httpsPort, protocol, { path: '/probe/hop-fields' });
      expect([status, fieldOf(fields, 'x-kept')]).toEqual([200, '1']);
      expect(fieldOf(fields, 'x-of-the-hop')).toBeUndefined();
      expect(fieldOf(fields, 'proxy-connection')).toBeUndefined();
      expect(fieldOf(fields, 'keep-alive')).not.toBe('timeout=1');
      expect(fieldOf(fields, 'connection') ?? '').not.toContain('x-of-the-hop');
    });

    it('20 KB of request fields are too large', async () => {
      const large = Object.fromEntries(
        Array.from({ length: 20 }, (_, at) => [`x-large-${at}`, 'x'.repeat(1000)]),
      );
      const answer = await ask(running().httpsPort, protocol, { path: '/probe/echo', fields: large });
      expect(answer.status).toBe(431);
    });
  });

  onEveryWay(
    FRONT_WAYS,
    (running) => {
      it('fields of the client’s connection do not reach the app', async () => {
        const client = rawConnectTls(running().httpsPort, { servername: HOST });
        const hop = ['Connection: close, X-Secret-Hop', 'X-Secret-Hop: 1', 'Keep-Alive: timeout=5'];
        const more = [
          'Proxy-Connection: keep-alive',
          'TE: trailers',
          'Proxy-Authorization: Basic eDp5',
          'X-Kept: 1',
        ];
        client.write(['GET /probe/echo HTTP/1.1', `Host: ${HOST}`, ...hop, ...more, '', ''].join('\r\n'));
        const [, body = ''] = (await client.untilClosed()).split('\r\n\r\n');
        const names = /\[.*\]/.exec(body)?.[0] ?? '';
        expect(names).toContain('x-kept');
        expect(names).not.toMatch(/x-secret-hop|"keep-alive","timeout|proxy-|"te"/);
      });
    },
    ['h1'],
  );
});
