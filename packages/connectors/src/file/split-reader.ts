import { type Env, isTidemarkError, messageOf, type RejectedRecord, type SourceBatch } from "@tidemark/core";

import type { Signal } from "../shared/signal.ts";
import { ByteWindow } from "./byte-window.ts";
import { sourceChanged, sourceError, sourceMissing } from "./file-errors.ts";
import { readHeader } from "./file-header.ts";
import type { FileSplit } from "./file-split.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { LineFramer } from "./line-framer.ts";
import { BLANK, type LineParser, type RecordFormat, UNFINISHED } from "./line-parser.ts";
import { openSplit, sumOf, TAIL_BYTES } from "./open-split.ts";
import { ReadAhead } from "./read-ahead.ts";

const CHUNKS_AHEAD = 2;
const SHOWN_CHARS = 200;

/** What all splits of a file source have in common. */
export interface FileSettings<T> {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly format: RecordFormat<T>;
  readonly chunkBytes: number;
  readonly recordBytesMax: number;
  /** How often the size of a growing file is looked at. Without it the file has an end. */
  readonly followMs: number | undefined;
}

/** Reads one split: ahead in the background, by {@link take} at once. */
export class SplitReader<T> {
  readonly #settings: FileSettings<T>;
  readonly #env: Env;
  readonly #signal: Signal;
  readonly #window = new ByteWindow(TAIL_BYTES);
  /** The split at the position that was last written down. */
  #split: FileSplit;
  #position: number;
  #state: "new" | "opening" | "open" | "finished" | "closed" = "new";
  #framer = new LineFramer(0, 0);
  #parser: LineParser<T> | undefined;
  #ahead: ReadAhead | undefined;
  #sizeBytes = 0;
  #atEnd = false;
  /** Whether the next line is the rest of a record that belongs to the range before. */
  #skipsLine = false;
  #cancelWait: (() => void) | undefined;

  constructor(settings: FileSettings<T>, env: Env, signal: Signal, split: FileSplit) {
    this.#settings = settings;
    this.#env = env;
    this.#signal = signal;
    this.#split = split;
    this.#position = split.position;
  }

  /** What names the split. */
  get id(): string {
    return this.#split.id;
  }

  /** Whether everything up to the end of the split was taken. */
  get finished(): boolean {
    return this.#state === "finished";
  }

  /** The split at the position behind the last record taken. */
  snapshot(): FileSplit {
    if (this.#position !== this.#split.position) {
      const { fingerprint } = this.#split;
      const tail = sumOf(this.#window.before(this.#position));
      this.#split = { ...this.#split, position: this.#position, fingerprint: { ...fingerprint, tail } };
    }
    return this.#split;
  }

  /** Takes what has been read, at most `limit` records, and goes on reading ahead. */
  take(limit: number): SourceBatch<T> | undefined {
    if (this.#state === "new") void this.#open();
    const parser = this.#parser;
    if (this.#state !== "open" || parser === undefined) return undefined;
    const values: T[] = [];
    const rejected: RejectedRecord[] = [];
    const end = this.#split.end ?? Infinity;
    const framer = this.#framer;
    let more = true;
    while (more && this.#position < end && values.length + rejected.length < limit) {
      more = framer.advance();
      if (more) this.#takeLine(framer, parser, values, rejected);
    }
    if (!more && this.#atEnd) this.#takeRest(parser, rejected);
    if (this.#position >= end || (!more && this.#atEnd)) this.#finish();
    else this.#readAhead();
    if (values.length + rejected.length === 0) return undefined;
    const batch = { splitId: this.#split.id, values };
    return rejected.length === 0 ? batch : { ...batch, rejected };
  }

  /** Gives the file back. */
  async close(): Promise<void> {
    if (this.#state !== "finished") this.#state = "closed";
    this.#cancelWait?.();
    await this.#ahead?.close();
  }

  #takeLine(framer: LineFramer, parser: LineParser<T>, values: T[], rejected: RejectedRecord[]): void {
    if (this.#skipsLine) {
      this.#skipsLine = false;
    } else if (framer.problem !== undefined) {
      this.#reject(rejected, (parser.abandon() ?? "") + framer.text, framer.problem);
    } else {
      const { text } = framer;
      try {
        const found = parser.parse(text);
        if (found === UNFINISHED) {
          const { recordBytesMax } = this.#settings;
          if (framer.end - this.#position <= recordBytesMax) return;
          this.#reject(rejected, parser.abandon() ?? text, `it is longer than ${recordBytesMax} bytes`);
        } else if (found !== BLANK) {
          values.push(found);
        }
      } catch (error) {
        if (isTidemarkError(error)) throw error;
        this.#reject(rejected, text, framer.torn ? `torn last line: ${messageOf(error)}` : messageOf(error));
      }
    }
    this.#position = framer.end;
  }

  /** Rejects a record whose end never came. */
  #takeRest(parser: LineParser<T>, rejected: RejectedRecord[]): void {
    const text = parser.abandon();
    if (text !== undefined) this.#reject(rejected, text, "torn last record: the file ends inside it");
    this.#position = this.#framer.end;
  }

  #reject(rejected: RejectedRecord[], text: string, reason: string): void {
    const position = `${this.#settings.path}, byte ${this.#position}`;
    rejected.push({ raw: text.slice(0, SHOWN_CHARS), position, reason });
  }

  #readAhead(): void {
    const waits = this.#atEnd || this.#cancelWait !== undefined;
    if (!waits && this.#framer.chunksWaiting < CHUNKS_AHEAD) this.#ahead?.demand();
  }

  #finish(): void {
    this.#state = "finished";
    this.#cancelWait?.();
    // A file that was only read has nothing to lose when it is closed.
    void this.#ahead?.close().catch(() => undefined);
  }

  async #open(): Promise<void> {
    this.#state = "opening";
    const { fileSystem, path, format, followMs } = this.#settings;
    try {
      const opened = await openSplit(fileSystem, path, this.#split);
      const headed = await readHeader(opened.file, path, format, followMs !== undefined).catch(
        async (error: unknown) => {
          await opened.file.close();
          throw error;
        },
      );
      if (this.#isClosed() || headed === undefined) {
        await opened.file.close();
        if (!this.#isClosed()) this.#waitFor(() => void this.#open());
        return;
      }
      const { start } = this.#split;
      this.#skipsLine = start > 0 && this.#position === start;
      this.#window.push(this.#position - opened.before.length, opened.before);
      this.#position = Math.max(this.#position, headed.end);
      this.#begin(opened.file, this.#skipsLine ? this.#position - 1 : this.#position);
      this.#sizeBytes = opened.sizeBytes;
      this.#parser = headed.parser;
      this.#state = "open";
      this.#signal.notify();
    } catch (error) {
      this.#signal.fail(sourceError("read", path, error));
    }
  }

  #begin(file: OpenFile, offset: number): void {
    const { path, chunkBytes, recordBytesMax } = this.#settings;
    this.#framer = new LineFramer(offset, recordBytesMax);
    this.#ahead = new ReadAhead(file, offset, chunkBytes, {
      chunk: (at, bytes) => this.#onChunk(at, bytes),
      failed: (error) => this.#signal.fail(sourceError("read", path, error)),
    });
    this.#ahead.demand();
  }

  #onChunk(offset: number, bytes: Uint8Array): void {
    const { path, chunkBytes, followMs } = this.#settings;
    this.#window.trim(this.#position, this.#framer.endAtLeast);
    this.#window.push(offset, bytes);
    this.#framer.push(bytes);
    const atEnd = bytes.length < chunkBytes;
    if (atEnd && followMs !== undefined) {
      this.#waitFor(() => void this.#checkSize());
    } else if (atEnd) {
      const size = offset + bytes.length;
      if (size < this.#sizeBytes) {
        this.#signal.fail(sourceChanged(path, `${this.#sizeBytes} bytes, as when it was opened`, `${size} bytes`));
      } else {
        this.#atEnd = true;
        this.#framer.finish();
      }
    }
    if (!atEnd) this.#readAhead();
    if (bytes.length > 0 || this.#atEnd) this.#signal.notify();
  }

  /** Looks whether a growing file has grown. */
  async #checkSize(): Promise<void> {
    const { fileSystem, path } = this.#settings;
    const read = this.#ahead?.offset ?? 0;
    try {
      const found = await fileSystem.stat(path);
      if (this.#isClosed()) return;
      if (found === undefined) throw sourceMissing(path);
      if (found.sizeBytes < read) throw sourceChanged(path, `at least ${read} bytes`, `${found.sizeBytes} bytes`);
      const isRoom = this.#framer.chunksWaiting < CHUNKS_AHEAD;
      if (found.sizeBytes > read && isRoom) this.#ahead?.demand();
      else this.#waitFor(() => void this.#checkSize());
    } catch (error) {
      this.#signal.fail(sourceError("read", path, error));
    }
  }

  #waitFor(then: () => void): void {
    this.#cancelWait = this.#env.schedule(this.#settings.followMs ?? 0, () => {
      this.#cancelWait = undefined;
      if (!this.#isClosed()) then();
    });
  }

  #isClosed(): boolean {
    return this.#state === "closed" || this.#state === "finished";
  }
}
