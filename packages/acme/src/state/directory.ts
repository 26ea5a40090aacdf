// The directory that keeps account, certificates and progress: only its owner reads it, and a crash leaves whole files.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const LEFTOVER = /\.[0-9a-f]{12}\.tmp$/;

export class StateDirectory {
  readonly path: string;

  /** Absolute. */
  constructor(path: string) {
    this.path = path;
  }

  /** Makes it where it is not there, and clears away what a crash left half written. */
  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.path)) {
      if (LEFTOVER.test(name)) await rm(join(this.path, name), { force: true });
    }
  }

  /** `undefined` when there is no such file. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** The file has the old text or the new one, also after a power cut. Mode 0600. */
  async write(name: string, text: string): Promise<void> {
    const beside = await this.#writeBeside(name, text);
    await rename(beside, join(this.path, name));
    await syncDirectory(this.path);
  }

  /** Writes it unless it is there; gives what is there then, whoever wrote it. */
  async writeOnce(name: string, text: string): Promise<string> {
    const beside = await this.#writeBeside(name, text);
    try {
      await link(beside, join(this.path, name));
      await syncDirectory(this.path);
    } catch (error) {
      // Another process was first: its text holds.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      await rm(beside, { force: true });
    }
    return (await this.read(name)) ?? text;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }

  async #writeBeside(name: string, text: string): Promise<string> {
    const path = join(this.path, name);
    const beside = join(dirname(path), `${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return beside;
  }
}

/** Without it the new name may not survive a power cut (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
