import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";

import { errorCode, type FileStat, type FileSystem, type OpenFile } from "./file-system.ts";

/** Resolves with `fallback` where the promise rejects with one of the codes. */
async function unless<T>(promise: Promise<T>, codes: readonly string[], fallback: T): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (codes.includes(errorCode(error) ?? "")) return fallback;
    throw error;
  }
}

/** A file opened through `node:fs/promises`. */
class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(target: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    if (target.length === 0) return 0;
    return (await this.#handle.read(target, 0, target.length, position)).bytesRead;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function statOf(path: string): Promise<FileStat | undefined> {
  const found = await unless(stat(path), ["ENOENT", "ENOTDIR"], undefined);
  if (found === undefined) return undefined;
  return { sizeBytes: found.size, kind: found.isFile() ? "file" : found.isDirectory() ? "directory" : "other" };
}

/** Some systems cannot open or sync a directory; there its entries are as durable as the system makes them by itself. */
const NO_DIRECTORY_SYNC: readonly string[] = ["EISDIR", "EPERM", "EINVAL", "ENOTSUP", "ENOSYS"];

async function syncDirectory(path: string): Promise<void> {
  const handle = await unless(open(path, "r"), ["EISDIR", "EPERM"], undefined);
  if (handle === undefined) return;
  try {
    await unless(handle.sync(), NO_DIRECTORY_SYNC, undefined);
  } finally {
    await handle.close();
  }
}

/** The disk of this machine, on Node, Deno and Bun. */
export const nodeFileSystem: FileSystem = {
  openRead: async (path) => new NodeFile(await open(path, "r")),
  create: async (path) => new NodeFile(await open(path, "wx")),
  stat: statOf,
  rename,
  unlink: (path) => unless(unlink(path), ["ENOENT"], undefined),
  readdir: (path) => unless(readdir(path), ["ENOENT"], []),
  mkdir: async (path) => {
    await mkdir(path, { recursive: true });
  },
  syncDirectory,
};
