/**
 * The folder of one run: its state and its output. Demonstrations that run beside each other have folders of their own.
 *
 * @module
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { leveldb } from "@tidemark/backend-leveldb";
import { isTidemarkError, standardEnv } from "@tidemark/core";

/** A folder that is this process's own until it leaves it, or dies. */
export interface RunFolder {
  readonly path: string;
  leave(): Promise<void>;
}

/**
 * The first of `run`, `run-2`, `run-3` and so on below `directory` that no other process has.
 *
 * @param keep leaves what the run before has left there. Otherwise the folder is empty.
 */
export async function takeRunFolder(directory: string, keep: boolean): Promise<RunFolder> {
  for (let number = 1; ; number++) {
    const path = join(directory, number === 1 ? "run" : `run-${number}`);
    const lock = await lockBeside(path);
    if (lock === undefined) continue;
    if (!keep) await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
    return { path, leave: lock.close };
  }
}

/** LevelDB lets one process at a time open a directory, and the operating system ends that with the process. */
async function lockBeside(path: string): Promise<{ close(): Promise<void> } | undefined> {
  try {
    const session = await leveldb(`${path}.lock`).open({ name: "run-folder", env: standardEnv() });
    return { close: () => session.close() };
  } catch (error) {
    if (isTidemarkError(error) && error.code === "STATE_LOCKED") return undefined;
    throw error;
  }
}
