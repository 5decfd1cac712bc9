/** An integer of LevelDB's: the lowest byte first. At most 2^53 - 1, which no count of a database reaches. */
export function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 0x100 + (bytes[at + index] as number);
  return value;
}

/** The CRC-32C that LevelDB stores turned and shifted, so that a checksum over bytes with checksums means something. */
export function unmask(stored: number): number {
  const turned = stored - 0xa282ead8;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}
