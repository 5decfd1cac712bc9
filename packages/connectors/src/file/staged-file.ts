import { crc32c } from "@tidemark/core/internal";

import type { FileSystem, OpenFile } from "./file-system.ts";

/** A file that is being written and that nobody sees yet. */
export class StagedFile {
  readonly name: string;
  readonly #path: string;
  /** Bytes given to {@link append}: what the file will hold. */
  bytes = 0;
  /** The CRC-32C of those bytes. */
  crc = 0;
  #file: OpenFile | undefined;
  #written = 0;

  constructor(name: string, path: string) {
    this.name = name;
    this.#path = path;
  }

  /** Counts bytes that will be written, in this order. */
  append(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.crc = crc32c(bytes, this.crc);
  }

  /** Writes bytes at the end, making the file if need be. */
  async write(fileSystem: FileSystem, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#file ??= await fileSystem.create(this.#path);
    this.#written += await writeFully(this.#file, bytes, this.#written);
  }

  /** Makes the contents durable. Nothing is written after it. */
  async seal(): Promise<void> {
    await this.#file?.sync();
    await this.close();
  }

  /** Closes the file as it is. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** Writes all bytes at a position, in as many steps as the system takes them. Resolves with their number. */
export async function writeFully(file: OpenFile, bytes: Uint8Array<ArrayBuffer>, position: number): Promise<number> {
  for (let done = 0; done < bytes.length;) {
    const count = await file.write(bytes.subarray(done), position + done);
    if (count === 0) throw Object.assign(new Error("the system took no bytes"), { code: "ENOSPC" });
    done += count;
  }
  return bytes.length;
}
