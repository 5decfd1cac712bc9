import { dirname, join } from "node:path";

import { messageOf, StateError } from "@tidemark/core";
import { PARTIAL_SUFFIX, type SavepointLocation, savepointIn, type SavepointStore } from "@tidemark/core/savepoints";

import { errorCode, type FileSystem, mayPass, readFully } from "./file-system.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { writeFully } from "./staged-file.ts";

/** Options of {@link savepointDirectory}. */
export interface SavepointDirectoryOptions {
  /** Default: the disk of this machine. */
  readonly fileSystem?: FileSystem;
}

/**
 * A savepoint in a directory of its own, which is made if need be. The directory can be moved, copied and packed as a whole:
 * nothing in it names a path.
 *
 * @example
 * ```ts
 * import { savepointDirectory } from "@tidemark/connectors/file";
 *
 * const location = savepointDirectory("./savepoints/before-upgrade");
 * // await handle.savepoint(location);
 * ```
 */
export function savepointDirectory(directory: string, options: SavepointDirectoryOptions = {}): SavepointLocation {
  return savepointIn(directoryStore(directory, options.fileSystem ?? nodeFileSystem));
}

function directoryStore(directory: string, fileSystem: FileSystem): SavepointStore {
  const act = async <T>(verb: string, file: string, work: (path: string) => Promise<T>): Promise<T> => {
    const path = join(directory, file);
    try {
      return await work(path);
    } catch (error) {
      throw ioError(verb, path, error);
    }
  };
  return {
    name: `savepoint ${JSON.stringify(directory)}`,
    put: (file, bytes, condition) =>
      act("write", file, async (path) => {
        if (condition === "absent" && (await fileSystem.stat(path)) !== undefined) return false;
        await writeWhole(fileSystem, path, bytes);
        return true;
      }),
    get: (file) => act("read", file, (path) => readWhole(fileSystem, path)),
    list: () => act("list", "", async () => fileSystem.readdir(directory)),
    delete: (files) =>
      act("delete files in", "", async () => {
        if (files.length === 0) return;
        for (const file of files) await fileSystem.unlink(join(directory, file));
        await fileSystem.syncDirectory(directory);
      }),
  };
}

/** Under its own name a file is whole, and stays so when the power goes. */
async function writeWhole(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const directory = dirname(path);
  const partial = path + PARTIAL_SUFFIX;
  await fileSystem.mkdir(directory);
  await fileSystem.unlink(partial);
  const file = await fileSystem.create(partial);
  try {
    await writeFully(file, new Uint8Array(bytes), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(partial, path);
  await fileSystem.syncDirectory(directory);
  await fileSystem.syncDirectory(dirname(directory));
}

async function readWhole(fileSystem: FileSystem, path: string): Promise<Uint8Array | undefined> {
  if ((await fileSystem.stat(path))?.kind !== "file") return undefined;
  const file = await fileSystem.openRead(path);
  try {
    const bytes = new Uint8Array(await file.sizeBytes());
    return bytes.subarray(0, await readFully(file, bytes, 0));
  } finally {
    await file.close();
  }
}

function ioError(verb: string, path: string, error: unknown): StateError {
  return new StateError(
    "STATE_IO",
    `Cannot ${verb} ${JSON.stringify(path)}: ${messageOf(error)}. Check the disk and the rights of this process`,
    { cause: error, details: { path, systemCode: errorCode(error) }, retryable: mayPass(error) },
  );
}
