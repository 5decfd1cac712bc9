import { join } from "node:path";

import { ConnectorError, messageOf } from "@tidemark/core";

import { type DirectorySettings, stagedDirectory } from "./directory-settings.ts";
import { readFully, type FileSystem } from "./file-system.ts";
import type { PartNames } from "./part-names.ts";
import { StagedFile } from "./staged-file.ts";

const COPY_BYTES_MAX = 1024 * 1024;

/** What is remembered of the parts that went into a single file. */
interface MergeRecord {
  readonly file: string;
  readonly parts: readonly string[];
}

/**
 * Puts the parts of a bounded job together to one file. In this order, so that it can stop anywhere and begin again: the
 * record of the parts becomes durable, the file is put together and renamed, the parts are removed. The record stays: it
 * tells that a part which is gone was committed.
 */
export class SingleFile {
  readonly #settings: DirectorySettings<never>;
  readonly #names: PartNames;
  readonly #generation: number;
  readonly #name: string;

  constructor(settings: DirectorySettings<never>, names: PartNames, generation: number, name: string) {
    this.#settings = settings;
    this.#names = names;
    this.#generation = generation;
    this.#name = name;
  }

  /** The parts that went into the file, or go into it; `undefined` as long as the job has not finished. */
  async parts(): Promise<readonly string[] | undefined> {
    const path = this.#staged(this.#names.mergeRecord);
    if ((await this.#settings.fileSystem.stat(path)) === undefined) return undefined;
    const text = new TextDecoder().decode(await readAll(this.#settings.fileSystem, path));
    try {
      return (JSON.parse(text) as MergeRecord).parts;
    } catch (error) {
      throw new ConnectorError("SINK_IO", `Cannot read ${JSON.stringify(path)}: it is damaged, ${messageOf(error)}`, {
        cause: error,
        details: { path },
      });
    }
  }

  /** Whether the file is there. */
  async exists(): Promise<boolean> {
    return (await this.#settings.fileSystem.stat(this.#visible(this.#name))) !== undefined;
  }

  /** Makes the file of all parts that are there. Does nothing if there are none, or if it was done before. */
  async merge(): Promise<void> {
    const { fileSystem, directory } = this.#settings;
    const found = (await fileSystem.readdir(directory))
      .filter((name) => this.#names.visibleFrom(name) !== undefined)
      .toSorted();
    if (found.length === 0) return;
    const recorded = await this.parts();
    const foreign = recorded === undefined ? await this.exists() : found.some((part) => !recorded.includes(part));
    if (foreign) {
      throw new ConnectorError(
        "SINK_IO",
        `Cannot write ${JSON.stringify(this.#visible(this.#name))}: it was finished before and is never changed; ` +
          "move it and the directory away, or choose another directory",
        { details: { directory, file: this.#name } },
      );
    }
    const parts = recorded ?? found;
    if (recorded === undefined) await this.#writeRecord(parts);
    if (!(await this.exists())) await this.#concatenate(parts);
    for (const part of parts) await fileSystem.unlink(this.#visible(part));
    await fileSystem.syncDirectory(directory);
  }

  async #writeRecord(parts: readonly string[]): Promise<void> {
    const record: MergeRecord = { file: this.#name, parts };
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    await this.#publish(
      this.#staged(this.#names.mergeRecord),
      stagedDirectory(this.#settings.directory),
      async (file) => {
        await file.write(this.#settings.fileSystem, bytes);
      },
    );
  }

  async #concatenate(parts: readonly string[]): Promise<void> {
    const { fileSystem, directory, format } = this.#settings;
    await this.#publish(this.#visible(this.#name), directory, async (file) => {
      await file.write(fileSystem, new TextEncoder().encode(format.header));
      for (const part of parts) {
        for await (const bytes of chunks(fileSystem, this.#visible(part))) await file.write(fileSystem, bytes);
      }
    });
  }

  /** Writes a file under another name and makes it visible, complete and durable, in one step. */
  async #publish(path: string, directory: string, fill: (file: StagedFile) => Promise<void>): Promise<void> {
    const { fileSystem } = this.#settings;
    const staged = this.#staged(this.#names.merged(this.#generation));
    await fileSystem.unlink(staged);
    const file = new StagedFile(staged, staged);
    try {
      await fill(file);
      await file.seal();
    } finally {
      await file.close();
    }
    await fileSystem.rename(staged, path);
    await fileSystem.syncDirectory(directory);
  }

  #staged(name: string): string {
    return join(stagedDirectory(this.#settings.directory), name);
  }

  #visible(name: string): string {
    return join(this.#settings.directory, name);
  }
}

/** The bytes of a file, piece by piece. A piece is overwritten by the next. */
export async function* chunks(fileSystem: FileSystem, path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const file = await fileSystem.openRead(path);
  try {
    const buffer = new Uint8Array(Math.max(1, Math.min(COPY_BYTES_MAX, await file.sizeBytes())));
    for (let at = 0; ;) {
      const count = await readFully(file, buffer, at);
      if (count === 0) return;
      yield buffer.subarray(0, count);
      at += count;
    }
  } finally {
    await file.close();
  }
}

async function readAll(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fileSystem.openRead(path);
  try {
    const bytes = new Uint8Array(await file.sizeBytes());
    await readFully(file, bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
}
