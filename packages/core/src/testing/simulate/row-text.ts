/**
 * A row as text: the same for rows that hold the same, whatever the order of their fields. For comparing rows, and for
 * showing them.
 */
export function rowText(row: unknown): string {
  if (typeof row === "string") return JSON.stringify(row);
  if (typeof row === "bigint") return `${row}n`;
  if (Object.is(row, -0)) return "0";
  if (typeof row !== "object" || row === null) return String(row);
  if (row instanceof Date) return `Date(${Number.isNaN(row.getTime()) ? "invalid" : row.toISOString()})`;
  if (row instanceof Uint8Array) return `bytes(${Array.from(row).join(" ")})`;
  if (Array.isArray(row)) return `[${row.map(rowText).join(", ")}]`;
  if (row instanceof Map) {
    return `Map(${[...row].map(([key, value]) => `${rowText(key)} => ${rowText(value)}`).join(", ")})`;
  }
  if (row instanceof Set) return `Set(${[...row].map(rowText).join(", ")})`;
  const fields = Object.entries(row).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{ ${fields.map(([name, value]) => `${name}: ${rowText(value)}`).join(", ")} }`;
}
