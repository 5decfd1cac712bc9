import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for one test. */
export interface TempDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes an empty directory. */
export async function tempDirectory(): Promise<TempDirectory> {
  const path = await mkdtemp(join(tmpdir(), "tidemark-connectors-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Runs a test with a directory of its own. */
export async function withDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await tempDirectory();
  try {
    await run(directory.path);
  } finally {
    await directory.remove();
  }
}
