/** What an object takes besides its properties. */
const OBJECT_BYTES = 24;

/** How many values are looked at before the rest is guessed from them. */
const LOOKS = 48;

/**
 * About how many bytes a value takes in memory. Looks at a bounded number of parts; the rest is taken to be like them. Good
 * enough to keep a limit by, and never stored.
 */
export function roughSize(value: unknown): number {
  return sizeOf(value, LOOKS);
}

function sizeOf(value: unknown, looks: number): number {
  switch (typeof value) {
    case "string":
      return 16 + value.length;
    case "number":
      return 8;
    case "bigint":
      return 32;
    case "object":
      return value === null ? 0 : OBJECT_BYTES + sizeOfObject(value, looks);
    default:
      return 0;
  }
}

function sizeOfObject(value: object, looks: number): number {
  if (ArrayBuffer.isView(value)) return 80 + value.byteLength;
  if (Array.isArray(value)) return sizeOfMany(value, value.length, looks);
  if (value instanceof Map) return 4 * sizeOfMany(value, value.size, looks);
  if (value instanceof Set) return 3 * sizeOfMany(value, value.size, looks);
  const parts = Object.values(value);
  return sizeOfMany(parts, parts.length, looks);
}

function sizeOfMany(parts: Iterable<unknown>, count: number, looks: number): number {
  const looked = Math.min(count, Math.max(1, looks));
  if (looked === 0) return 0;
  let bytes = 0;
  let left = looked;
  for (const part of parts) {
    if (left-- === 0) break;
    bytes += 8 + sizeOf(part, Math.floor(looks / looked));
  }
  return Math.round((bytes / looked) * count);
}
