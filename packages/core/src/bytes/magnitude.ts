import { invalidBytes } from "./invalid.ts";

/**
 * The bytes of a bigint that is not negative, big-endian and without leading zeros: 0 has none. Linear in its size on
 * engines that read and write hexadecimal in linear time, as V8 does.
 */
export function magnitudeToBytes(magnitude: bigint): Uint8Array {
  if (magnitude === 0n) return new Uint8Array(0);
  const digits = magnitude.toString(16);
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digitOf(hex, 2 * i) << 4) | digitOf(hex, 2 * i + 1);
  return bytes;
}

/**
 * Reads back {@link magnitudeToBytes}.
 *
 * @param position Where the bytes begin, for the error.
 * @throws {SerializationError} BYTES_INVALID for a leading zero, or for more than the engine's bigint can hold.
 */
export function magnitudeFromBytes(bytes: Uint8Array, position: number): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes[0] === 0) throw invalidBytes("a bigint with a leading zero", position);
  if (bytes.length <= 6) {
    let small = 0;
    for (const byte of bytes) small = small * 256 + byte;
    return BigInt(small);
  }
  const digits: string[] = [];
  for (const byte of bytes) digits.push(byte < 16 ? "0" : "", byte.toString(16));
  try {
    return BigInt(`0x${digits.join("")}`);
  } catch {
    throw invalidBytes(`a bigint of ${bytes.length} bytes, too large for this engine`, position);
  }
}

function digitOf(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
