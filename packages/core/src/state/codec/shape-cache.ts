/**
 * Shapes met lately, by any value: most records of a job share a few. It only saves time. Whatever it holds, the same
 * value gives the same bytes and the same bytes give the same value, so it may live as long as the module. It is bounded:
 * two tables of 256 places, in each a shape of at most 512 bytes, and a newer one takes the place of an older one.
 *
 * @module
 */

import { equalBytes } from "../../bytes/compare.ts";
import { type Shape, sameKeys, shapeOfHeader, shapeOfKeys } from "./shapes.ts";

const PLACES = 256;
const HEADER_BYTES_MAX = 512;

const byKeys: (Shape | undefined)[] = new Array<Shape | undefined>(PLACES).fill(undefined);
const byHeader: (Shape | undefined)[] = new Array<Shape | undefined>(PLACES).fill(undefined);

/** {@link shapeOfKeys}, or the same from the cache. */
export function cachedShapeOfKeys(keys: readonly string[], nullPrototype: boolean): Shape {
  const place = placeOfKeys(keys);
  const cached = byKeys[place];
  if (cached !== undefined && cached.nullPrototype === nullPrototype && sameKeys(cached.keys, keys)) return cached;
  const shape = shapeOfKeys(keys, nullPrototype);
  if (shape.header.length <= HEADER_BYTES_MAX) byKeys[place] = shape;
  return shape;
}

/** {@link shapeOfHeader}, or the same from the cache. */
export function cachedShapeOfHeader(header: Uint8Array, nullPrototype: boolean): Shape | undefined {
  const place = placeOfHeader(header);
  const cached = byHeader[place];
  if (cached !== undefined && cached.nullPrototype === nullPrototype && equalBytes(cached.header, header)) {
    return cached;
  }
  const shape = shapeOfHeader(header, nullPrototype);
  if (shape !== undefined && header.length <= HEADER_BYTES_MAX) byHeader[place] = shape;
  return shape;
}

function placeOfKeys(keys: readonly string[]): number {
  const count = keys.length;
  if (count === 0) return 0;
  const first = keys[0] as string;
  const last = keys[count - 1] as string;
  return (
    (count * 31 + first.length * 7 + last.length * 13 + first.charCodeAt(0) * 3 + last.charCodeAt(0) * 5) & (PLACES - 1)
  );
}

function placeOfHeader(header: Uint8Array): number {
  let hash = header.length;
  for (let i = 0; i < header.length; i += 3) hash = (hash * 31 + (header[i] as number)) | 0;
  return (hash ^ (hash >>> 11)) & (PLACES - 1);
}
