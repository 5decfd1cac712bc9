import { ByteWriter } from "./writer.ts";

let idle: ByteWriter | undefined;

/**
 * Lends an empty writer for a short synchronous use, so that small encodings need no buffer of their own. A nested call
 * gets another one; a borrower that throws need not give it back.
 */
export function borrowWriter(): ByteWriter {
  const writer = idle ?? new ByteWriter(1024);
  idle = undefined;
  return writer;
}

/** Takes back what {@link borrowWriter} lent, and resets it. */
export function returnWriter(writer: ByteWriter): void {
  writer.reset();
  idle = writer;
}
