/**
 * Files: text, NDJSON and CSV. Sources can be read again from any record; sinks write a directory exactly once.
 *
 * @example
 * ```ts
 * import { ndjsonSink, ndjsonSource } from "@tidemark/connectors/file";
 *
 * const source = ndjsonSource<{ readonly id: number }>("orders.ndjson", { splits: 4 });
 * const sink = ndjsonSink<{ readonly id: number }>("checked-orders");
 * ```
 *
 * @module
 */
export { csvSink, type CsvSinkOptions } from "./csv-sink.ts";
export { csvSource, type CsvSourceOptions } from "./csv-source.ts";
export type { DirectorySink, DirectorySinkOptions } from "./directory-sink.ts";
export type { FileCommittable } from "./directory-writer.ts";
export type { FileSource, FileSourceOptions } from "./file-source.ts";
export type { BlockSum, FileFingerprint, FileSplit } from "./file-split.ts";
export type { FileStat, FileSystem, OpenFile } from "./file-system.ts";
export { linesSink } from "./lines-sink.ts";
export { linesSource } from "./lines-source.ts";
export { ndjsonSink } from "./ndjson-sink.ts";
export { ndjsonSource, type NdjsonSourceOptions } from "./ndjson-source.ts";
export { nodeFileSystem } from "./node-file-system.ts";
export { savepointDirectory, type SavepointDirectoryOptions } from "./savepoint-directory.ts";
export type { StandardResult, StandardSchema, Validator } from "./validator.ts";
