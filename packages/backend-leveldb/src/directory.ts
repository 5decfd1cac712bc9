import type * as FileSystem from "node:fs";

/** An open file, for reading. */
export interface OpenFile {
  readonly sizeBytes: number;
  /** @throws {Error} if the file ends before. */
  read(at: number, bytes: number): Promise<Uint8Array>;
  /** As {@link read}, at once. */
  readSync(at: number, bytes: number): Uint8Array;
  close(): void;
}

/** The files of one directory, so that tests can stand behind them. */
export interface Directory {
  readonly path: string;
  /** The names in it; none if it is not there. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  sizeBytes(name: string): Promise<number>;
  /** Writes a file and puts it in the place of the one of that name: a crash leaves the whole old or the whole new one. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  /** Waits until the disk has all of a file. One that is not there any more is no error. */
  sync(name: string): Promise<void>;
  /** Cuts a file off behind its first `bytes` bytes, and syncs it. */
  cut(name: string, bytes: number): Promise<void>;
  openFile(name: string): OpenFile;
  /** Gives a file a second name, under which it stays when the first one is deleted. One that has it already is no error. */
  link(name: string, second: string): Promise<void>;
  /** Deletes a file. One that is not there is no error. */
  remove(name: string): Promise<void>;
}

/** A directory on the disk of this machine; `undefined` where there is no disk, as in a browser. */
export async function openDirectory(location: string): Promise<Directory | undefined> {
  const modules = await Promise.all([import("node:fs/promises"), import("node:path"), import("node:fs")]).catch(
    () => undefined,
  );
  // Bundlers for a browser put something empty in the place of such modules.
  if (typeof modules?.[0].readdir !== "function") return undefined;
  const [{ open, readdir, readFile, rename, rm, stat }, { join, resolve }, fileSystem] = modules;
  const path = resolve(location);
  return {
    path,
    list: async () => {
      try {
        return await readdir(path);
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === "ENOENT") return [];
        throw error;
      }
    },
    read: (name) => readFile(join(path, name)),
    sizeBytes: async (name) => (await stat(join(path, name))).size,
    replace: async (name, bytes) => {
      const next = join(path, `${name}.next`);
      const file = await open(next, "w");
      try {
        await file.writeFile(bytes);
        // Otherwise a power failure could leave the new name with nothing in it.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, join(path, name));
    },
    sync: async (name) => {
      // Opened to write: where it is opened to read alone, not every system syncs it.
      const file = await open(join(path, name), "r+").catch((error: unknown) => {
        if ((error as { readonly code?: unknown }).code !== "ENOENT") throw error;
      });
      try {
        await file?.sync();
      } finally {
        await file?.close();
      }
    },
    cut: async (name, bytes) => {
      const file = await open(join(path, name), "r+");
      try {
        await file.truncate(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    openFile: (name) => openFile(fileSystem, join(path, name)),
    link: async (name, second) => {
      try {
        // At once: there may be thousands, and each is done in less than the way to another thread and back takes.
        fileSystem.linkSync(join(path, name), join(path, second));
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== "EEXIST") throw error;
      }
    },
    remove: (name) => rm(join(path, name), { force: true }),
  };
}

function openFile({ closeSync, fstatSync, openSync, read, readSync }: typeof FileSystem, path: string): OpenFile {
  const file = openSync(path, "r");
  return {
    sizeBytes: fstatSync(file).size,
    read: (at, length) =>
      new Promise((resolve, reject) => {
        const bytes = new Uint8Array(length);
        read(file, bytes, 0, length, at, (error, found) => {
          if (error !== null) reject(error);
          else if (found < length) reject(tooShort(path, found, length));
          else resolve(bytes);
        });
      }),
    readSync: (at, length) => {
      const bytes = new Uint8Array(length);
      const found = readSync(file, bytes, 0, length, at);
      if (found < length) throw tooShort(path, found, length);
      return bytes;
    },
    close: () => closeSync(file),
  };
}

function tooShort(path: string, found: number, wanted: number): Error {
  return new Error(`${path} ends too early: ${found} bytes were read, and not ${wanted}`);
}
