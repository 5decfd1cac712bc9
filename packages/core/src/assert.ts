import { InternalError } from "./errors.ts";

/**
 * Stops the job when the engine, or a connector under it, has broken its own contract. Always on.
 *
 * @throws {InternalError} if `condition` is false.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError(`Cannot go on: ${message}`);
}

/** Proves to the compiler that every case was handled. */
export function unreachable(value: never): never {
  throw new InternalError(`Cannot go on: unexpected case ${JSON.stringify(value)}`);
}
