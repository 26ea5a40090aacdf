// From a request's path to a path below the directory; hidden files and every way out of it are not there.

/**
 * `path` is canonical, `route` is the route's own path, which is not part of the file's name. `undefined`: no file can
 * have this name. The result has no leading slash; it is empty or ends in one for a directory.
 */
export function fileBelow(path: string, route: string): string | undefined {
  if (route.endsWith('/') && !path.startsWith(route)) return undefined; // a rewrite has led out of the route
  const encoded = route.endsWith('/') ? path.slice(route.length) : path.slice(path.lastIndexOf('/') + 1);
  // `/a//b/` would lead around a route for `/a/b/`: the router tells them apart, the disk does not.
  if (encoded.startsWith('/') || encoded.includes('//')) return undefined;
  // Most names are plain.
  if (!encoded.includes('%'))
    return encoded.startsWith('.') || encoded.includes('/.') ? seen(encoded) : encoded;
  // A slash that was encoded is data to the router and would be a separator here.
  if (/%2f|%5c|%00/i.test(encoded)) return undefined;
  const name = decoded(encoded);
  return name === undefined ? undefined : seen(name);
}

function seen(name: string): string | undefined {
  return name.split('/').some((segment) => isHidden(segment)) ? undefined : name;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Bytes that are no UTF-8: no file of ours has such a name.
    return undefined;
  }
}

/** Dot files hold secrets (.env, .git, .htpasswd); RFC 8615 made one exception. `..` begins with a dot, too. */
function isHidden(segment: string): boolean {
  return segment.startsWith('.') && segment !== '.well-known';
}
