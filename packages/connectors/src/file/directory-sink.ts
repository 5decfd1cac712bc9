import { basename } from "node:path";

import { type Duration, type Sink } from "@tidemark/core";
import { durationMs, invalidOption } from "@tidemark/core/internal";

import { countOption } from "../shared/options.ts";
import { DirectoryCommitter } from "./directory-committer.ts";
import type { DirectorySettings } from "./directory-settings.ts";
import { DirectoryWriter, type FileCommittable } from "./directory-writer.ts";
import type { FileSystem } from "./file-system.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { PartNames } from "./part-names.ts";
import type { RowFormat } from "./row-format.ts";

/** Options of every sink that writes a directory. */
export interface DirectorySinkOptions {
  /** A file that has reached this size is closed and the next one begun. Default: 128 MiB. */
  readonly rollBytes?: number;
  /** How much may wait to be written before the stream has to wait, for each subtask. Default: 4 MiB. */
  readonly bufferBytes?: number;
  /**
   * How long a row waits in memory at most before it is handed to the disk, where nobody sees it before its checkpoint is
   * complete. Rows are handed over earlier at each barrier and by the slice. Default: `"1s"`.
   */
  readonly bufferTime?: Duration;
  /**
   * For bounded jobs: the name of one file in the directory that holds all rows once the job is over, and does not
   * exist before. Without a single row it is not made. Default: the parts stay as they are.
   */
  readonly singleFile?: string;
  /** The disk. Default: the one of this machine. */
  readonly fileSystem?: FileSystem;
}

/** A sink that writes a directory, exactly once. */
export type DirectorySink<T> = Sink<T, FileCommittable, "exactly-once">;

const ROLL_BYTES = 128 * 1024 * 1024;
const BUFFER_BYTES = 4 * 1024 * 1024;
const BUFFER_TIME: Duration = "1s";

function checkSingleFile(name: string | undefined): void {
  if (name === undefined) return;
  if (typeof name === "string" && name === basename(name) && !name.startsWith(".") && name !== "") return;
  throw invalidOption("singleFile", name, "it is the name of a file inside the directory, and begins with no dot");
}

/** A sink that writes files of some format into a directory. */
export function directorySink<T>(
  directory: string,
  format: RowFormat<T>,
  options: DirectorySinkOptions,
): DirectorySink<T> {
  if (typeof directory !== "string" || directory === "") {
    throw invalidOption("directory", directory, "it is the path of a directory");
  }
  checkSingleFile(options.singleFile);
  const settings: DirectorySettings<T> = {
    directory,
    format,
    fileSystem: options.fileSystem ?? nodeFileSystem,
    rollBytes: countOption("rollBytes", options.rollBytes, ROLL_BYTES),
    bufferBytes: countOption("bufferBytes", options.bufferBytes, BUFFER_BYTES),
    bufferMs: durationMs(options.bufferTime ?? BUFFER_TIME, "bufferTime"),
    singleFile: options.singleFile,
  };
  const names = (job: string, sinkId: string): PartNames => new PartNames(job, sinkId, format.extension);
  return {
    name: `${format.name} directory ${JSON.stringify(directory)}`,
    delivery: "exactly-once",
    createWriter: (context) => new DirectoryWriter(settings, context, names(context.job, context.sinkId)),
    createCommitter: (context) => new DirectoryCommitter(settings, context, names(context.job, context.sinkId)),
  };
}
