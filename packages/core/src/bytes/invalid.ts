import { SerializationError } from "../errors.ts";

/**
 * The error for bytes that are short, damaged or were never written by the codec that reads them.
 *
 * @param found What was found, as the end of a sentence: "the length 900 where 12 bytes are left".
 * @param position Where it was found, in bytes from the start of the array that is being read.
 */
export function invalidBytes(found: string, position: number): SerializationError {
  return new SerializationError("BYTES_INVALID", `Cannot read these bytes: found ${found}, at byte ${position}`, {
    details: { position },
  });
}
