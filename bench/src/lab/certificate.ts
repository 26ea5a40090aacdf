// One certificate for all subjects of a run: ECDSA P-256, because its handshake costs a server the least and everybody speaks it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** Certificate and key in one file, as HAProxy wants them. */
  readonly both: string;
}

const DAY_MS = 86_400_000;

export async function writeCertificate(directory: string): Promise<CertificateFiles> {
  const pems = await generate([{ name: 'commonName', value: 'tollgate.test' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 90 * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'tollgate.test' }] }],
  });
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    certificate: write('certificate.pem', pems.cert),
    key: write('key.pem', pems.private),
    both: write('both.pem', `${pems.cert}\n${pems.private}\n`),
  };
}
