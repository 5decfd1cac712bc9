/**
 * Freezes a value and everything in it, so that changing it in place throws where it happens. The contents of dates,
 * maps, sets and binary data cannot be frozen; what maps and sets hold is.
 */
export function deepFreeze<T>(value: T): T {
  freeze(value, new Set());
  return value;
}

function freeze(value: unknown, seen: Set<object>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
  seen.add(value);
  Object.freeze(value);
  if (value instanceof Map) {
    for (const [key, item] of value) {
      freeze(key, seen);
      freeze(item, seen);
    }
  } else if (value instanceof Set) {
    for (const item of value) freeze(item, seen);
  } else {
    for (const name of Object.keys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property !== undefined && "value" in property) freeze(property.value, seen);
    }
  }
}
