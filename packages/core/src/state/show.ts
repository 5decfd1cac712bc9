import { toHex } from "../bytes/compare.ts";
import type { Key } from "./key-codec.ts";

/** A key as messages show it. */
export function showKey(key: Key): string {
  if (typeof key === "string") return JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  if (typeof key === "bigint") return `${key}n`;
  if (typeof key !== "object" || key === null) return String(key);
  if (key instanceof Date) return key.toISOString();
  if (key instanceof Uint8Array) return `bytes ${toHex(key.subarray(0, 16))}${key.length > 16 ? "…" : ""}`;
  return `[${key.map(showKey).join(", ")}]`;
}
