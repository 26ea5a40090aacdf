// Certificates for the tests, made without any program that the machine may lack.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** Writes `NAME.pem` and `NAME.key`, a pair that belongs together; the first of `names` is its common name, and it ends in so many days. */
export async function writePair(
  directory: string,
  name: string,
  names: readonly [string, ...string[]],
  days = 30,
): Promise<void> {
  const altNames = names.map((value) => ({ type: 2 as const, value }));
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  writeFileSync(join(directory, `${name}.pem`), cert);
  writeFileSync(join(directory, `${name}.key`), key, { mode: 0o600 });
}
