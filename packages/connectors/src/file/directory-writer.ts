import { join } from "node:path";

import type { SinkWriter, SinkWriterContext } from "@tidemark/core";

import { SerialWork } from "../shared/serial-work.ts";
import { type DirectorySettings, makeDirectory, stagedDirectory } from "./directory-settings.ts";
import { sinkError } from "./file-errors.ts";
import type { PartNames } from "./part-names.ts";
import { StagedFile } from "./staged-file.ts";

/** A staged file that waits to be made visible. Names are relative to the directory of the sink. */
export interface FileCommittable {
  /** Its name in the staged directory. */
  readonly staged: string;
  /** Its name once it is visible. */
  readonly final: string;
  /** Its size in bytes. */
  readonly bytes: number;
  /** The CRC-32C of its bytes. */
  readonly crc: number;
}

/** How much text is collected before it is handed to the disk, in characters. */
const SLICE_CHARS = 64 * 1024;

/** Writes the rows of one subtask into staged files, in the background. */
export class DirectoryWriter<T> implements SinkWriter<T, FileCommittable> {
  readonly #settings: DirectorySettings<T>;
  readonly #context: SinkWriterContext;
  readonly #names: PartNames;
  readonly #work = new SerialWork();
  readonly #encoder = new TextEncoder();
  readonly #header: string;
  readonly #sliceChars: number;
  /** Rows that are not handed to the disk yet. */
  #text = "";
  /** Takes back the call that hands them over; `undefined` while there are none. */
  #cancelFlush: (() => void) | undefined;
  #current: StagedFile | undefined;
  /** The files since the last cut. */
  #files: StagedFile[] = [];
  /** The files that may be open. */
  readonly #open = new Set<StagedFile>();
  #sequence = 0;

  constructor(settings: DirectorySettings<T>, context: SinkWriterContext, names: PartNames) {
    this.#settings = settings;
    this.#context = context;
    this.#names = names;
    // The single file has its header once; parts on the way to it have none.
    this.#header = settings.singleFile === undefined ? settings.format.header : "";
    this.#sliceChars = Math.min(SLICE_CHARS, settings.bufferBytes, settings.rollBytes);
    void this.#add(() => makeDirectory(settings));
  }

  get full(): boolean {
    return this.#text.length + this.#work.bytes >= this.#settings.bufferBytes;
  }

  write(values: readonly T[]): void {
    const { format } = this.#settings;
    for (const value of values) {
      this.#text += format.encode(value);
      if (this.#text.length >= this.#sliceChars) this.#handOver();
    }
    if (this.#text === "") return;
    this.#cancelFlush ??= this.#context.env.schedule(this.#settings.bufferMs, () => this.#handOver());
  }

  drained(): Promise<void> {
    return this.#work.until(() => !this.full);
  }

  async prepareCommit(checkpointId: number): Promise<readonly FileCommittable[]> {
    this.#handOver();
    this.#seal();
    const files = this.#files;
    this.#files = [];
    const { subtask, generation } = this.#context;
    const { fileSystem, directory } = this.#settings;
    // What is on the disk under a name that a loss of power takes away is not durable.
    await this.#add(() =>
      files.length === 0 ? Promise.resolve() : fileSystem.syncDirectory(stagedDirectory(directory)),
    );
    return files.map(({ name, bytes, crc }, index) => {
      return { staged: name, final: this.#names.visible(checkpointId, subtask, index, generation), bytes, crc };
    });
  }

  async close(): Promise<void> {
    this.#cancelFlush?.();
    await this.#work.close();
    await Promise.all([...this.#open].map((file) => file.close()));
  }

  /** Makes the collected rows a slice of the current file. Rows are never split between two files. */
  #handOver(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#text === "") return;
    const fresh = this.#current === undefined;
    const file = (this.#current ??= this.#nextFile());
    const bytes = this.#encoder.encode(fresh ? this.#header + this.#text : this.#text);
    this.#text = "";
    file.append(bytes);
    void this.#add(() => file.write(this.#settings.fileSystem, bytes), bytes.length);
    if (file.bytes >= this.#settings.rollBytes) this.#seal();
  }

  #nextFile(): StagedFile {
    const { generation, subtask } = this.#context;
    const name = this.#names.staged(generation, subtask, this.#sequence++);
    const file = new StagedFile(name, join(stagedDirectory(this.#settings.directory), name));
    this.#files.push(file);
    this.#open.add(file);
    return file;
  }

  #seal(): void {
    const file = this.#current;
    if (file === undefined) return;
    this.#current = undefined;
    void this.#add(async () => {
      await file.seal();
      this.#open.delete(file);
    });
  }

  #add(run: () => Promise<void>, bytes?: number): Promise<void> {
    return this.#work.add(async () => {
      try {
        await run();
      } catch (error) {
        throw sinkError("write into the directory", this.#settings.directory, error);
      }
    }, bytes);
  }
}
