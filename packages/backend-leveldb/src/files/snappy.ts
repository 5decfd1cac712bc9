import { ByteReader } from "@tidemark/core/internal";
import { littleEndian } from "./fixed.ts";

/**
 * Decompresses a block of Snappy: literal bytes, and copies of what came out before.
 *
 * @throws {Error} if it is no such block.
 */
export function unsnappy(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes);
  const out = new Uint8Array(reader.varint());
  let at = 0;
  while (reader.remaining > 0) {
    const tag = reader.u8();
    const isCopy = (tag & 3) > 0;
    const { length, offset } = isCopy ? readCopy(tag, reader) : { length: readLiteral(tag, reader), offset: 0 };
    if (at + length > out.length || offset > at) throw new Error("the compressed bytes do not fit together");
    if (isCopy) {
      // Byte by byte: a copy may reach into itself.
      for (const end = at + length; at < end; at++) out[at] = out[at - offset] as number;
    } else {
      out.set(reader.raw(length), at);
      at += length;
    }
  }
  if (at < out.length) throw new Error("the compressed bytes end too early");
  return out;
}

function readLiteral(tag: number, reader: ByteReader): number {
  const short = tag >>> 2;
  if (short < 60) return short + 1;
  const size = short - 59;
  return littleEndian(reader.raw(size), 0, size) + 1;
}

function readCopy(tag: number, reader: ByteReader): { readonly length: number; readonly offset: number } {
  if ((tag & 3) === 1) return { length: ((tag >>> 2) & 7) + 4, offset: ((tag >>> 5) << 8) | reader.u8() };
  const size = (tag & 3) === 2 ? 2 : 4;
  return { length: (tag >>> 2) + 1, offset: littleEndian(reader.raw(size), 0, size) };
}
