// What a thing must say of itself to be measured: which programs, on which socket, with which configuration, answering what.

/** Where the programs' files lie and what they are told; the same for every subject. */
export interface Workbench {
  /** Its own, empty directory. */
  readonly directory: string;
  readonly address: string;
  /** Of the app behind a front, over TCP. */
  readonly upstreamAddress: string;
  readonly certificate: string;
  readonly key: string;
  /** Both in one file. */
  readonly both: string;
}

export interface Program {
  /** `front`, `backend`, `journald`: the name its CPU is listed under. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It is ready when this listens. */
  readonly listens: { readonly address: string; readonly port: number } | { readonly unix: string };
  /** Where its stdout goes; `drop` keeps the end of it for error messages. */
  readonly stdout: 'drop' | 'journal';
  readonly fileLimit?: number;
}

export interface Subject {
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  readonly path: string;
  readonly expect: { readonly status: number; readonly bodyBytes: number };
  /** In starting order. */
  readonly programs: readonly Program[];
  /** File name -> text, written into the workbench before the start and into the results. */
  readonly configs: Readonly<Record<string, string>>;
  /** What a front serves as files: name -> bytes; beside the programs' own, below `SITE_DIRECTORY`. */
  readonly site?: Readonly<Record<string, number>>;
}

/** A front that serves what is on the disk, as it is there or from its cache. */
export type FromDisk = 'files' | 'cache';

/** In the workbench. */
export const SITE_DIRECTORY = 'site';
/** By their sizes in bytes: small ones that stay in memory, and one that does not. */
const SITE = {
  '1k.bin': 1024,
  '16k.bin': 16_384,
  '64k.bin': 65_536,
  '10m.bin': 10_000_000,
} as const;

export const HTTPS_PORT = 8443;
export const HTTP_PORT = 8080;
export const UPSTREAM_PORT = 3000;
/** What the backend answers on /healthz, and every peer beside it: three bytes, `ok\n`. */
export const SMALL = { path: '/healthz', expect: { status: 200, bodyBytes: 3 } } as const;

export const siteFile = (name: keyof typeof SITE): Pick<Subject, 'path' | 'expect'> => ({
  path: `/${name}`,
  expect: { status: 200, bodyBytes: SITE[name] },
});

/** In place of the small answer, for a front that has it from the disk. */
export const siteOf = (hop: string): Partial<Pick<Subject, 'site' | 'path' | 'expect'>> =>
  hop === 'files' || hop === 'cache' ? { site: SITE, ...siteFile('1k.bin') } : {};
