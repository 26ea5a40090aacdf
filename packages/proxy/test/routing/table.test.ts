// Which site and which route a request belongs to.
import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostMap } from '../../src/routing/hosts.ts';
import { PathTable } from '../../src/routing/paths.ts';

describe('hosts', () => {
  const hosts = new HostMap<string>([
    [['example.com', 'www.example.com'], 'exact'],
    [['*.example.com'], 'wild'],
    [['*.deep.example.com'], 'deep'],
    [['*'], 'default'],
  ]);

  it.each([
    ['example.com', 'exact'],
    ['www.example.com', 'exact'],
    ['a.example.com', 'wild'],
    ['a.b.example.com', 'wild'],
    ['a.deep.example.com', 'deep'],
    ['deep.example.com', 'wild'],
    ['notexample.com', 'default'],
    ['[::1]', 'default'],
    ['', 'default'],
  ])('%s belongs to %s', (host, site) => {
    expect(hosts.find(host)).toBe(site);
  });

  it('serves nobody without a default site', () => {
    const one = new HostMap([[['*.a.test'], 1]]);
    expect(one.find('a.test')).toBeUndefined();
    expect(one.find('.a.test')).toBeUndefined();
    expect(one.find('__proto__')).toBeUndefined();
  });
});

describe('paths', () => {
  const paths = new PathTable<string>(
    ['/', '/api/', '/api/v1/', '/api', '/robots.txt', '/a//b/'].map((path) => [path, path]),
  );

  it.each([
    ['/', '/'],
    ['/x', '/'],
    ['/api', '/api'],
    ['/api/', '/api/'],
    ['/apix', '/'],
    ['/api/v2', '/api/'],
    ['/api/v1', '/api/'],
    ['/api/v1/', '/api/v1/'],
    ['/api/v1/x/y/z', '/api/v1/'],
    ['/robots.txt', '/robots.txt'],
    ['/robots.txt/', '/'],
    ['/a//b/c', '/a//b/'],
  ])('%s is served by %s', (path, route) => {
    expect(paths.find(path)).toBe(route);
  });

  it('gives what the longest of all matching routes would, for any routes and path', () => {
    const piece = constantFrom('/', 'a', 'b', '/a', '/b/');
    const path = array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`);
    assert(
      property(array(path, { maxLength: 8 }), path, (routes, asked) => {
        const table = new PathTable(routes.map((route) => [route, route]));
        const matching = routes.filter(
          (route) => route === asked || (route.endsWith('/') && asked.startsWith(route)),
        );
        const exact = matching.includes(asked) ? asked : undefined;
        const longest = matching.toSorted((one, other) => other.length - one.length)[0];
        expect(table.find(asked)).toBe(exact ?? longest);
      }),
    );
  });

  it('finds nothing where there is nothing', () => {
    assert(
      property(string(), (path) => {
        expect(new PathTable<string>([]).find(path)).toBeUndefined();
      }),
    );
  });
});
