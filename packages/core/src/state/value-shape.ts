/** How deep {@link shapeOf} looks. */
const DEPTH_MAX = 4;

/** How many fields or items of one container {@link shapeOf} looks at. */
const FIELDS_MAX = 12;

/** The shape of a value as messages show it: `{ count: number, tags: string[] }`. */
export function shapeOf(value: unknown, depth = 0): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  if (Array.isArray(value)) return arrayShape(value, depth);
  if (value instanceof Map) return `Map<${union([...value.keys()], depth)}, ${union([...value.values()], depth)}>`;
  if (value instanceof Set) return `Set<${union([...value], depth)}>`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value.constructor?.name ?? "object";
  if (depth >= DEPTH_MAX) return "{ … }";
  const fields = Object.entries(value);
  const shown = fields.slice(0, FIELDS_MAX).map(([name, field]) => `${name}: ${shapeOf(field, depth + 1)}`);
  if (fields.length > FIELDS_MAX) shown.push("…");
  return shown.length === 0 ? "{}" : `{ ${shown.join(", ")} }`;
}

function arrayShape(items: readonly unknown[], depth: number): string {
  const shape = union(items, depth);
  return shape.includes(" | ") ? `(${shape})[]` : `${shape}[]`;
}

function union(items: readonly unknown[], depth: number): string {
  if (depth >= DEPTH_MAX) return "…";
  return [...new Set(items.slice(0, FIELDS_MAX).map((item) => shapeOf(item, depth + 1)))].join(" | ") || "never";
}
