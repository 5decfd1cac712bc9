/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

let tables: Int32Array | undefined;

/** Eight tables of 256 entries, one after the other: entry `t * 256 + b` is byte `b` followed by `t` zero bytes. */
function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    built[byte] = crc;
  }
  for (let i = 256; i < built.length; i++) {
    const before = built[i - 256] as number;
    built[i] = (before >>> 8) ^ (built[before & 0xff] as number);
  }
  return built;
}

/**
 * The CRC-32C checksum (Castagnoli, RFC 3720 appendix B.4), an unsigned 32-bit number; of "123456789" it is 0xe3069283.
 *
 * Eight bytes a step by "slicing-by-8" (Kounavis and Berry, 2005); the tables, 8 KiB, are built at the first call.
 *
 * @param seed The checksum of the bytes that came before, to go on from there. Default: 0, no bytes.
 */
export function crc32c(bytes: Uint8Array, seed: number = 0): number {
  const table = (tables ??= buildTables());
  const length = bytes.length;
  const sliced = length - (length % 8);
  let crc = ~seed;
  let i = 0;
  for (; i < sliced; i += 8) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    crc =
      (table[1792 + (crc & 0xff)] as number) ^
      (table[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (table[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (table[1024 + (crc >>> 24)] as number) ^
      (table[768 + (bytes[i + 4] as number)] as number) ^
      (table[512 + (bytes[i + 5] as number)] as number) ^
      (table[256 + (bytes[i + 6] as number)] as number) ^
      (table[bytes[i + 7] as number] as number);
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number);
  // Not `~crc >>> 0`: compiled for small results, it falls back to the interpreter at each of the others.
  return crc < 0 ? ~crc : 0xffff_ffff - crc;
}
