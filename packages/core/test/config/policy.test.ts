import { describe, expect, it } from 'vitest';
import { load, problemsOf } from './support.ts';

const site = (keys: string, ...routes: string[]): string =>
  `sites:\n  - hosts: '*'\n    ${keys}\n    routes:\n${routes.map((route) => `      - ${route}\n`).join('')}`;

const policies = (text: string): unknown[] =>
  load(text).config.sites[0]?.routes.map(({ policy }) => policy) ?? [];

describe('the policy of a route', () => {
  it('is that of its site, key by key, unless it has the key itself', () => {
    const text = site(
      'deny: 192.0.2.1',
      '{ path: /a, respond: {} }',
      '{ path: /b, respond: {}, deny: [192.0.2.2, 2001:db8::/32] }',
      '{ path: /c, respond: {}, allow: [10.0.0.0/8, unix] }',
    );
    expect(policies(text)).toEqual([
      { access: { allow: undefined, deny: ['192.0.2.1'] } },
      { access: { allow: undefined, deny: ['192.0.2.2', '2001:db8::/32'] } },
      { access: { allow: ['10.0.0.0/8', 'unix'], deny: ['192.0.2.1'] } },
    ]);
  });

  it('compresses what its site does, unless it says otherwise', () => {
    const text = site(
      'compress: on',
      '{ path: /a, respond: {} }',
      '{ path: /b, respond: {}, compress: off }',
      '{ path: /c, respond: {}, compress: { types: [Text/*], minSize: 2KB, encodings: [gzip] } }',
    );
    expect(policies(text)).toEqual([
      { compress: { encodings: ['br', 'zstd', 'gzip'], types: undefined, minBytes: 1024 } },
      {},
      { compress: { encodings: ['gzip'], types: ['text/*'], minBytes: 2048 } },
    ]);
  });

  it('has fields to set, add and remove, in their order', () => {
    const headers =
      '{ request: { set: { X-A: 1 }, remove: [cookie] }, response: { add: { link: x } }, security: on }';
    expect(policies(site('', `{ path: /, respond: {}, headers: ${headers} }`))).toEqual([
      {
        headers: {
          request: { set: [['X-A', '1']], remove: ['cookie'] },
          response: { set: [], add: [['link', 'x']], remove: [] },
          security: true,
        },
      },
    ]);
  });
});

describe('mistakes in a policy', () => {
  it('of compression are located', () => {
    const text = site(
      '',
      '{ path: /a, respond: {}, compress: maybe }',
      '{ path: /b, respond: {}, compress: { types: [html], minSize: 1, encodings: [deflate], level: 9 } }',
    );
    expect(problemsOf(text)).toEqual([
      't.yaml:5:44: sites[0].routes[0].compress: expected on, off, or a mapping with encodings, types and minSize, got "maybe"',
      't.yaml:6:54: sites[0].routes[1].compress.types[0]: expected a media type such as text/html, or text/* for all of its kind, got "html"',
      't.yaml:6:70: sites[0].routes[1].compress.minSize: expected a size from 0B to 10MB such as 64KB or 10MB, got 1',
      't.yaml:6:85: sites[0].routes[1].compress.encodings[0]: expected br, zstd or gzip, got "deflate"',
      't.yaml:6:95: sites[0].routes[1].compress.level: expected one of encodings, types, minSize, got "level"',
    ]);
  });

  it('are located', () => {
    const text = site(
      'allow: [10.0.0.0/33]',
      '{ path: /a, respond: {}, deny: all }',
      '{ path: /b, respond: {}, headers: { security: maybe, response: { set: { Connection: close } } } }',
      '{ path: /c, respond: {}, headers: { request: { set: { X-Forwarded-For: 1, Host: b }, remove: [te] } } }',
    );
    const client = 'expected any, unix, an IP address or a CIDR';
    const vouched = 'expected a header name that the front does not write itself';
    expect(problemsOf(text)).toEqual([
      `t.yaml:3:13: sites[0].allow[0]: ${client}, got "10.0.0.0/33"`,
      `t.yaml:5:40: sites[0].routes[0].deny: ${client}, got "all"`,
      't.yaml:6:55: sites[0].routes[1].headers.security: expected on or off, got "maybe"',
      't.yaml:6:81: sites[0].routes[1].headers.response.set.Connection: expected a header name that is not of the connection, got "Connection"',
      `t.yaml:7:63: sites[0].routes[2].headers.request.set.X-Forwarded-For: ${vouched}, got "X-Forwarded-For"`,
      `t.yaml:7:83: sites[0].routes[2].headers.request.set.Host: ${vouched}, got "Host"`,
      `t.yaml:7:103: sites[0].routes[2].headers.request.remove[0]: ${vouched}, got "te"`,
    ]);
  });
});
