// Hashes of passwords as they stand in a configuration or a file of users: bcrypt (`htpasswd -B`) and scrypt (PHC text).

export type PasswordHash =
  | { readonly kind: 'bcrypt'; readonly text: string }
  | {
      readonly kind: 'scrypt';
      /** Cost, block size and parallelism of RFC 7914. */
      readonly n: number;
      readonly r: number;
      readonly p: number;
      readonly salt: Buffer;
      readonly key: Buffer;
    };

/** A check must not take the machine's memory (scrypt: 128 * n * r bytes) or seconds of a core (bcrypt doubles each). */
const MOST_SCRYPT_BYTES = 128 * 2 ** 20;
const MOST_BCRYPT_COST = 14;

/** `undefined` when it is neither, or when a check would cost more than a small machine should give. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  return text.startsWith('$scrypt$') ? parseScrypt(text) : parseBcrypt(text);
}

/** `$2b$12$`, then 22 characters of salt and 31 of the hash. */
function parseBcrypt(text: string): PasswordHash | undefined {
  const cost = Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1]);
  return cost >= 4 && cost <= MOST_BCRYPT_COST ? { kind: 'bcrypt', text } : undefined;
}

/** `$scrypt$ln=15,r=8,p=1$SALT$KEY`, in base64 without padding. */
function parseScrypt(text: string): PasswordHash | undefined {
  const found = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/-]{8,128})\$([\w+/-]{22,128})$/.exec(
    text,
  );
  if (found === null) return undefined;
  const [, ln, r, p, salt = '', key = ''] = found;
  const cost = { n: 2 ** Number(ln), r: Number(r), p: Number(p) };
  const sane =
    cost.n > 1 && cost.r > 0 && cost.p > 0 && cost.p <= 16 && 128 * cost.n * cost.r <= MOST_SCRYPT_BYTES;
  if (!sane) return undefined;
  return { kind: 'scrypt', ...cost, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
}

export interface UserLine {
  /** One-based. */
  readonly line: number;
  readonly name: string;
  /** `undefined`: the line has no hash of a kind that is known here. */
  readonly hash: PasswordHash | undefined;
}

/** `name:hash` a line, as `htpasswd` writes them; empty lines and comments (`#`) are skipped. */
export function parseUsers(text: string): readonly UserLine[] {
  return text.split(/\r?\n/).flatMap((content, at) => {
    if (content.trim() === '' || content.startsWith('#')) return [];
    const colon = content.indexOf(':');
    const hash = colon < 1 ? undefined : parsePasswordHash(content.slice(colon + 1).trim());
    return [{ line: at + 1, name: content.slice(0, Math.max(0, colon)), hash }];
  });
}
