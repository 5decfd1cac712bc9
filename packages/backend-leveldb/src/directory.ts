/** The files of one directory, so that tests can stand behind them. */
export interface Directory {
  readonly path: string;
  /** The names in it; none if it is not there. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  sizeBytes(name: string): Promise<number>;
  /** Writes a file and puts it in the place of the one of that name: a crash leaves the whole old or the whole new one. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
}

/** A directory on the disk of this machine; `undefined` where there is no disk, as in a browser. */
export async function openDirectory(location: string): Promise<Directory | undefined> {
  const modules = await Promise.all([import("node:fs/promises"), import("node:path")]).catch(() => undefined);
  // Bundlers for a browser put something empty in the place of such modules.
  if (typeof modules?.[0].readdir !== "function") return undefined;
  const [{ open, readdir, readFile, rename, stat }, { join, resolve }] = modules;
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
  };
}
