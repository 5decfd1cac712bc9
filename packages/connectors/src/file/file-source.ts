import { ConfigurationError, type Duration, type Source, type SourceRemainder } from "@tidemark/core";
import { durationMs, invalidOption } from "@tidemark/core/internal";

import { FixedSplits, type FixedSplitsState } from "../shared/fixed-splits.ts";
import { countOption } from "../shared/options.ts";
import { sourceError } from "./file-errors.ts";
import { FileReader } from "./file-reader.ts";
import { cutFile, type FileSplit } from "./file-split.ts";
import type { FileSystem } from "./file-system.ts";
import type { RecordFormat } from "./line-parser.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { checkHash, sumHead } from "./open-split.ts";
import type { FileSettings } from "./split-reader.ts";

/** Options of every source that reads a file. */
export interface FileSourceOptions {
  /**
   * Into how many ranges of bytes the file is cut, to be read in parallel. Each range keeps its order. Taken when the
   * job first starts. Default: 1, the order of the file.
   */
  readonly splits?: number;
  /** Whether the file grows and is read for ever. A line is read once its newline is there. Default: `false`. */
  readonly follow?: boolean;
  /** How often the size of a growing file is looked at. Default: `"1s"`. */
  readonly followInterval?: Duration;
  /** The SHA-256 of the file, in hex. At every start the file is read in full to compare. Default: not compared. */
  readonly hash?: string;
  /** How much is read at a time. At most three such chunks are held for each split. Default: 256 KiB. */
  readonly chunkBytes?: number;
  /** A longer record is rejected. Default: 16 MiB. */
  readonly recordBytesMax?: number;
  /** The disk. Default: the one of this machine. */
  readonly fileSystem?: FileSystem;
}

/** A source that reads a file: replayable, from any byte between two records. */
export type FileSource<T> = Source<T, FileSplit, FixedSplitsState<FileSplit>, true>;

const CHUNK_BYTES = 256 * 1024;
const RECORD_BYTES_MAX = 16 * 1024 * 1024;
const FOLLOW_INTERVAL: Duration = "1s";

function refuse(reason: string): never {
  throw new ConfigurationError("OPTION_INVALID", `Cannot read a file this way: ${reason}`);
}

function checked<T>(path: string, format: RecordFormat<T>, options: FileSourceOptions): FileSettings<T> {
  if (typeof path !== "string" || path === "") throw invalidOption("path", path, "it is the path of a file");
  const { splits = 1, follow = false, hash } = options;
  if (follow && splits > 1) refuse("a growing file is one split, and splits is more than 1");
  if (follow && hash !== undefined) refuse("a growing file has no lasting hash");
  if (hash !== undefined && !/^[0-9a-f]{64}$/i.test(hash)) refuse("hash is not a SHA-256 in 64 hex digits");
  if (format.multiline && splits > 1) {
    refuse("quoted fields may hold newlines, so it is one split; say multiline: false if none does");
  }
  return {
    path,
    format,
    fileSystem: options.fileSystem ?? nodeFileSystem,
    chunkBytes: countOption("chunkBytes", options.chunkBytes, CHUNK_BYTES),
    recordBytesMax: countOption("recordBytesMax", options.recordBytesMax, RECORD_BYTES_MAX),
    followMs: follow ? durationMs(options.followInterval ?? FOLLOW_INTERVAL, "followInterval") : undefined,
  };
}

/** Finds the splits of a file. */
async function discover(fileSystem: FileSystem, path: string, splits: number): Promise<readonly FileSplit[]> {
  try {
    const file = await fileSystem.openRead(path);
    try {
      return cutFile(path, await file.sizeBytes(), await sumHead(file), splits);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw sourceError("read", path, error);
  }
}

/** Compares a file with the hash that the user gave: once for each start of the job, whatever its parallelism. */
async function verify(fileSystem: FileSystem, path: string, hash: string | undefined): Promise<void> {
  if (hash === undefined) return;
  try {
    const file = await fileSystem.openRead(path);
    try {
      await checkHash(file, path, hash);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw sourceError("read", path, error);
  }
}

/** The bytes from a position to the end of its range, or of the file as it is now; `undefined` if there is no file. */
async function remaining(
  fileSystem: FileSystem,
  { path, position, end = Infinity }: FileSplit,
): Promise<SourceRemainder | undefined> {
  try {
    const found = await fileSystem.stat(path);
    return found === undefined ? undefined : { bytes: Math.max(0, Math.min(end, found.sizeBytes) - position) };
  } catch (error) {
    throw sourceError("look at", path, error);
  }
}

/** A source that reads a file of some format. */
export function fileSource<T>(path: string, format: RecordFormat<T>, options: FileSourceOptions): FileSource<T> {
  const settings = checked(path, format, options);
  const { hash } = options;
  const splits = countOption("splits", options.splits, 1);
  return {
    name: `${format.name} file ${JSON.stringify(path)}`,
    replayable: true,
    bounded: settings.followMs === undefined,
    hasOneSplit: splits === 1,
    createEnumerator: (context, restored) =>
      new FixedSplits(
        context,
        restored,
        () => discover(settings.fileSystem, path, splits),
        () => verify(settings.fileSystem, path, hash),
      ),
    createReader: (context) => new FileReader(settings, context),
    remaining: (split) => remaining(settings.fileSystem, split),
  };
}
