import { crc32c } from "@tidemark/core/internal";
import { readU32, roomFor, writeU32 } from "./row-bytes.ts";

const CHECKSUM_BYTES = 4;

/** A row's value: the CRC-32C of the row's key and the payload, then the payload. */
export function sealRow(key: Uint8Array, payload: Uint8Array): Uint8Array {
  const value = roomFor(CHECKSUM_BYTES + payload.length);
  value.set(payload, CHECKSUM_BYTES);
  writeU32(value, 0, crc32c(payload, crc32c(key)));
  return value;
}

/** The payload of a row's value, as a view of it; `undefined` if the checksum does not hold. */
export function openRow(key: Uint8Array, value: Uint8Array): Uint8Array | undefined {
  if (value.length < CHECKSUM_BYTES) return undefined;
  const payload = new Uint8Array(value.buffer, value.byteOffset + CHECKSUM_BYTES, value.byteLength - CHECKSUM_BYTES);
  return crc32c(payload, crc32c(key)) === readU32(value, 0) ? payload : undefined;
}

const ABSENT = Uint8Array.of(0);

/** The payload of an undo row: what the key was, `undefined` for nothing. */
export function encodeImage(image: Uint8Array | undefined): Uint8Array {
  if (image === undefined) return ABSENT;
  const payload = roomFor(1 + image.length);
  payload[0] = 1;
  payload.set(image, 1);
  return payload;
}

/** What the payload of an undo row says. */
export function decodeImage(payload: Uint8Array): Uint8Array | undefined {
  return payload[0] === 1 ? payload.subarray(1) : undefined;
}
