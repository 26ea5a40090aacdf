// Certificates made for one test.
import { generate } from 'selfsigned';

interface Pem {
  readonly certificate: string;
  readonly key: string;
}

interface Wanted {
  readonly hosts?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
}

const DAY_MS = 86_400_000;

/** Self-signed, P-256, from yesterday for 90 days unless told otherwise. */
export async function makeCertificate({ hosts = ['localhost'], from, until }: Wanted = {}): Promise<Pem> {
  const names = hosts.map((value) => ({ type: 2, value }) as const);
  const { cert, private: key } = await generate([{ name: 'commonName', value: hosts[0] ?? 'localhost' }], {
    keyType: 'ec',
    notBeforeDate: from ?? new Date(Date.now() - DAY_MS),
    notAfterDate: until ?? new Date(Date.now() + 90 * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: names }],
  });
  return { certificate: cert, key };
}
