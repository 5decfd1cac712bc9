/**
 * About how many bytes a value takes when it is encoded, without encoding it: never less, but for odd keys. Stops
 * counting above `limit`, so that it costs no more than that, also for a value that lies inside itself.
 */
export function valueBytes(value: unknown, limit: number): number {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 && value < 128 ? 1 : 9;
  if (typeof value === "string") return 3 + textBytes(value, limit);
  if (typeof value === "bigint") return 9 + value.toString(16).length / 2;
  if (typeof value !== "object" || value === null) return 1;
  if (value instanceof Date) return 9;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 6 + value.byteLength;
  let bytes = 4;
  for (const part of partsOf(value)) {
    if (bytes > limit) return bytes;
    bytes += valueBytes(part, limit - bytes);
  }
  return bytes;
}

function textBytes(text: string, limit: number): number {
  let bytes = 0;
  for (let i = 0; i < text.length && bytes <= limit; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}

function* partsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) yield* value;
  else if (value instanceof Map) for (const entry of value) yield* entry;
  else for (const entry of Object.entries(value)) yield* entry;
}
