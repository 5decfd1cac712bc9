import { SerializationError } from "../errors.ts";
import { resultOf } from "./codec/brand.ts";

/** How deep the tuples of a key may be nested. */
export const KEY_DEPTH_MAX = 32;

const ALLOWED =
  "a key is a string, a finite number, a bigint, a boolean, bytes, null, a valid Date, or a tuple of these";

/** The error for a key that cannot be written: it names the first field at fault, and what was found there. */
export function keyRefusal(key: unknown): SerializationError {
  const fault = findFault(key, "", 0) ?? { path: "", found: "not the same each time it is read" };
  const where = fault.path === "" ? "it" : `field ${fault.path}`;
  return new SerializationError("KEY_UNSUPPORTED", `Cannot use this key: ${where} is ${fault.found}; ${ALLOWED}`, {
    details: { path: fault.path, found: fault.found },
  });
}

interface Fault {
  readonly path: string;
  readonly found: string;
}

function findFault(value: unknown, path: string, depth: number): Fault | undefined {
  if (!Array.isArray(value)) {
    const found = describeFault(value);
    return found === undefined ? undefined : { path, found };
  }
  if (depth === KEY_DEPTH_MAX) return { path, found: `a tuple nested more than ${KEY_DEPTH_MAX} deep` };
  for (let i = 0; i < value.length; i++) {
    const fault = findFault(value[i], `${path}[${i}]`, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function describeFault(value: unknown): string | undefined {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "object":
      return value === null || isBytes(value) ? undefined : describeObject(value);
    default:
      return undefined;
  }
}

function describeObject(value: object): string | undefined {
  const time = resultOf(Date.prototype.getTime, value);
  if (time !== undefined) return Number.isFinite(time) ? undefined : "an invalid Date";
  const fields = Object.keys(value).slice(0, 5).join(", ");
  return fields === "" ? "an object" : `an object with the fields ${fields}`;
}

function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array;
}
