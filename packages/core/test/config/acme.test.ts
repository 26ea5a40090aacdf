import { describe, expect, it } from 'vitest';
import { directoryWith, load, problemsOf, warningsOf } from './support.ts';

/** The hosts stand in line 2, `tls` in line 3. */
const site = (hosts: string, root: readonly string[] = ['acme: { terms: agreed }']): string =>
  ['sites:', `  - hosts: ${hosts}`, '    tls: acme', '    routes: [{ path: /, respond: {} }]', ...root].join(
    '\n',
  );

describe('tls: acme', () => {
  it('names the hosts, where their certificate is kept, and an account without more ado', () => {
    const { config } = load(site('[www.example.com, example.com, "*"]'));
    const { acme } = config;
    expect(acme).toEqual({
      directory: 'https://acme-v02.api.letsencrypt.org/directory',
      contacts: [],
      ca: undefined,
      challenges: ['http-01', 'tls-alpn-01'],
      externalAccount: undefined,
      room: expect.stringMatching(
        /^\/nowhere\/\.tollgate\/acme\/acme-v02\.api\.letsencrypt\.org-[0-9a-f]{8}$/,
      ),
    });
    expect(config.sites[0]?.tls).toEqual({
      kind: 'acme',
      names: ['example.com', 'www.example.com'],
      file: expect.stringMatching(/^\/nowhere\/\.tollgate\/acme\/[^/]+\/example\.com-[0-9a-f]{12}\.pem$/),
    });
  });

  it('keeps everything of another authority apart, and the same hosts in the same file', () => {
    const roomOf = (directory: string): string =>
      load(site('a.example', [`acme: { terms: agreed, directory: "${directory}" }`])).config.acme?.room ?? '';
    const rooms = ['production', 'staging', 'https://ca.internal/one', 'https://ca.internal/two'].map(roomOf);
    expect(new Set(rooms).size).toBe(4);
    const fileOf = (hosts: string): unknown => load(site(hosts)).config.sites[0]?.tls;
    expect(fileOf('[a.example, b.example]')).toEqual(fileOf('[b.example, a.example]'));
  });

  it('takes contacts, a private directory with its authorities, and an account known by other means', () => {
    const directory = directoryWith({ 'ca.pem': 'x', key: 'x' });
    const root = [
      'acme:',
      '  terms: agreed',
      '  email: [me@example.com, you@example.com]',
      '  directory: https://ca.internal:9000/acme',
      '  ca: ca.pem',
      '  challenges: tls-alpn-01',
      '  externalAccount: { id: k1, key: key }',
    ];
    expect(load(site('a.example', root), { directory }).config.acme).toMatchObject({
      directory: 'https://ca.internal:9000/acme',
      contacts: ['mailto:me@example.com', 'mailto:you@example.com'],
      ca: `${directory}/ca.pem`,
      challenges: ['tls-alpn-01'],
      externalAccount: { id: 'k1', key: `${directory}/key` },
    });
  });

  it('proves hosts only by what a listener can answer', () => {
    const { config } = load(site('a.example', ['acme: { terms: agreed }', 'listen: { https: 443 }']));
    expect(config.acme?.challenges).toEqual(['tls-alpn-01']);
  });

  it.each([
    [
      site('a.example', []),
      't.yaml:3:10: sites[0].tls: expected a root key acme with terms: agreed, got "acme" without it',
    ],
    [
      site('["*.example.com", a.example]'),
      't.yaml:2:13: sites[0].hosts[0]: expected a host without a wildcard (tls: acme answers no DNS challenge, which a wildcard needs), got "*.example.com"',
    ],
    [
      site('[192.0.2.1]'),
      't.yaml:2:13: sites[0].hosts[0]: expected a name (tls: acme orders no certificate for an address), got "192.0.2.1"',
    ],
    [
      site('"*"'),
      't.yaml:2:12: sites[0].hosts: expected a host name that a certificate can be ordered for, got only "*"',
    ],
    [
      site(`[${Array.from({ length: 101 }, (_, n) => `h${n}.example`).join(', ')}]`),
      't.yaml:2:12: sites[0].hosts: expected up to 100 hosts for one certificate, got 101',
    ],
    [
      site('a.example', ['acme: { terms: agreed }', 'listen: { http: 80 }']),
      't.yaml:3:10: sites[0].tls: expected a listener for https (listen.https), got "acme" without one',
    ],
    [
      site('a.example', ['acme: { terms: agreed, challenges: [http-01] }', 'listen: { https: 443 }']),
      't.yaml:5:37: acme.challenges[0]: expected a challenge that a listener can answer, got "http-01" (there is no listen.http)',
    ],
    [site('a.example', ['acme: {}']), 't.yaml:5:7: acme.terms: expected agreed, got nothing'],
    [
      site('a.example', ['acme: { terms: agreed, email: me }']),
      't.yaml:5:31: acme.email: expected an email address such as me@example.com, got "me"',
    ],
    [
      site('a.example', ['acme: { terms: agreed, directory: http://ca.internal/ }']),
      't.yaml:5:35: acme.directory: expected production, staging or the https address of a directory, got "http://ca.internal/"',
    ],
    [
      site('a.example', ['acme: { terms: agreed, ca: none.pem }']),
      't.yaml:5:28: acme.ca: expected a readable file, got "none.pem" (there is no ./none.pem)',
    ],
    [
      site('a.example', ['acme: { terms: agreed, challenges: dns-01 }']),
      't.yaml:5:36: acme.challenges: expected http-01, tls-alpn-01 or both, got "dns-01"',
    ],
  ])('with a mistake is told where', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('warns when nothing listens where the authority asks', () => {
    const directory = directoryWith();
    const listen = 'listen: { https: 8443, http: 8080 }';
    expect(warningsOf(site('a.example', ['acme: { terms: agreed }', listen]), directory)).toEqual([
      't.yaml:6:9: listen: expected http on port 80 or https on 443 (the authority asks there), got neither',
    ]);
    const own = 'acme: { terms: agreed, directory: "https://ca.internal/" }';
    expect(warningsOf(site('a.example', [own, listen]), directory)).toEqual([]);
  });
});
