import { dirname, join } from "node:path";

import { sinkError } from "./file-errors.ts";
import type { FileSystem } from "./file-system.ts";
import { STAGED_DIRECTORY } from "./part-names.ts";
import type { RowFormat } from "./row-format.ts";

/** What a directory sink works with. */
export interface DirectorySettings<T> {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly format: RowFormat<T>;
  readonly rollBytes: number;
  readonly bufferBytes: number;
  readonly bufferMs: number;
  /** The name of the one file that a bounded job leaves behind. */
  readonly singleFile: string | undefined;
}

/** The directory of the staged files. */
export function stagedDirectory(directory: string): string {
  return join(directory, STAGED_DIRECTORY);
}

/**
 * Makes the directory and its staged directory, and their names durable.
 *
 * @throws {ConnectorError} SINK_IO.
 */
export async function makeDirectory({ fileSystem, directory }: DirectorySettings<never>): Promise<void> {
  try {
    await fileSystem.mkdir(stagedDirectory(directory));
    await fileSystem.syncDirectory(directory);
    await fileSystem.syncDirectory(dirname(directory));
  } catch (error) {
    throw sinkError("write into the directory", directory, error);
  }
}
