import { SerializationError } from "../errors.ts";
import { crc32c } from "./crc32.ts";
import { invalidBytes } from "./invalid.ts";

/** Magic (4), version (2) and length (4). */
const HEAD_BYTES = 10;
const CHECKSUM_BYTES = 4;

/** What {@link openSealed} found. */
export interface Opened {
  /** The version of the format that the body is written in. */
  readonly version: number;
  /** A view of the sealed bytes. */
  readonly body: Uint8Array;
}

/**
 * Puts `body` into the envelope that every file of ours wears: magic, version (u16), length of the body (u32), body,
 * and the CRC-32C of all of that. The envelope is the same for all versions of all formats.
 *
 * @param magic Four ASCII characters that name the format.
 * @throws {TypeError} if `magic` is something else. @throws {RangeError} if the version or the body is too large.
 */
export function sealBytes(magic: string, version: number, body: Uint8Array): Uint8Array {
  checkMagic(magic);
  if ((version & 0xffff) !== version) throw new RangeError(`Cannot seal version ${version}: not within 0 to 65535`);
  if (body.length > 0xffff_ffff) throw new RangeError(`Cannot seal ${body.length} bytes: more than 2^32 - 1`);
  const sealed = new Uint8Array(HEAD_BYTES + body.length + CHECKSUM_BYTES);
  const view = new DataView(sealed.buffer);
  for (let i = 0; i < 4; i++) sealed[i] = magic.charCodeAt(i);
  view.setUint16(4, version);
  view.setUint32(6, body.length);
  sealed.set(body, HEAD_BYTES);
  const checked = HEAD_BYTES + body.length;
  view.setUint32(checked, crc32c(sealed.subarray(0, checked)));
  return sealed;
}

/**
 * Opens the envelope of {@link sealBytes} and checks all of it.
 *
 * @param maxVersion The newest version that the caller can read.
 * @throws {SerializationError} FORMAT_UNKNOWN for another magic or a newer version; BYTES_INVALID if the length or the
 * checksum does not hold.
 */
export function openSealed(magic: string, maxVersion: number, bytes: Uint8Array): Opened {
  checkMagic(magic);
  if (bytes.length < HEAD_BYTES + CHECKSUM_BYTES) throw invalidBytes(`${bytes.length} bytes, too few for a seal`, 0);
  const found = String.fromCharCode(bytes[0] as number, bytes[1] as number, bytes[2] as number, bytes[3] as number);
  if (found !== magic) {
    throw new SerializationError("FORMAT_UNKNOWN", `Cannot read ${shown(magic)}: found the magic ${shown(found)}`, {
      details: { expected: magic, found },
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(6);
  const actual = bytes.length - HEAD_BYTES - CHECKSUM_BYTES;
  if (length !== actual) throw invalidBytes(`a body of ${actual} bytes where ${length} are named`, 6);
  const checked = HEAD_BYTES + length;
  const expected = view.getUint32(checked);
  const checksum = crc32c(bytes.subarray(0, checked));
  if (checksum !== expected) throw invalidBytes(`checksum ${checksum} where ${expected} is written`, checked);
  const version = view.getUint16(4);
  if (version > maxVersion) {
    throw new SerializationError(
      "FORMAT_UNKNOWN",
      `Cannot read ${shown(magic)}: found version ${version}, and this Tidemark reads up to ${maxVersion}`,
      { details: { magic, version, maxVersion } },
    );
  }
  return { version, body: bytes.subarray(HEAD_BYTES, checked) };
}

function checkMagic(magic: string): void {
  if (!/^[\x20-\x7e]{4}$/.test(magic)) {
    throw new TypeError(`Cannot use the magic ${shown(magic)}: not 4 ASCII characters`);
  }
}

function shown(text: string): string {
  return JSON.stringify(text);
}
