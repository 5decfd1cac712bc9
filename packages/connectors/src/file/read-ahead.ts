import { readFully, type OpenFile } from "./file-system.ts";

/** What a {@link ReadAhead} tells. Never called while one of its own methods runs. */
export interface ReadAheadEvents {
  /** The next bytes of the file; empty at its present end. */
  chunk(offset: number, bytes: Uint8Array): void;
  failed(error: unknown): void;
}

/** Reads a file from a position on, in the background, one chunk at a time, for as long as there is demand. */
export class ReadAhead {
  readonly #file: OpenFile;
  readonly #chunkBytes: number;
  readonly #events: ReadAheadEvents;
  #offset: number;
  #reading: Promise<void> | undefined;
  #closed = false;

  constructor(file: OpenFile, offset: number, chunkBytes: number, events: ReadAheadEvents) {
    this.#file = file;
    this.#offset = offset;
    this.#chunkBytes = chunkBytes;
    this.#events = events;
  }

  /** The byte at which the next chunk begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Asks for one more chunk. Does nothing while one is being read. */
  demand(): void {
    if (this.#reading !== undefined || this.#closed) return;
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    try {
      const chunk = new Uint8Array(this.#chunkBytes);
      const count = await readFully(this.#file, chunk, this.#offset);
      this.#reading = undefined;
      if (this.#closed) return;
      const offset = this.#offset;
      this.#offset += count;
      this.#events.chunk(offset, chunk.subarray(0, count));
    } catch (error) {
      this.#reading = undefined;
      if (!this.#closed) this.#events.failed(error);
    }
  }

  /** Stops, and closes the file once no read is under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reading;
    await this.#file.close();
  }
}
