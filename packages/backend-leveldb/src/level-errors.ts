import { CheckpointError, isTidemarkError, StateError, type TidemarkError } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";
import { rowLabel } from "./row-keys.ts";

/** What to do about damage; the same for all of it. */
const WAY_OUT = "Put the database back from a copy, or restore a savepoint into an empty directory";

/** What to do about a disk that refuses. */
const IO_WAY_OUT =
  "Check that this process may read and write there and that the disk has room, and start the job again: it goes on from " +
  "its last completed checkpoint";

/** An error of abstract-level, or what lies below it, as one of ours. */
export function levelError(act: string, name: string, error: unknown): TidemarkError {
  if (isTidemarkError(error)) return error;
  const codes = codesOf(error);
  const options = { cause: error, details: { backend: name, codes } };
  const reason = reasonOf(error);
  if (codes.includes("LEVEL_LOCKED")) {
    const message = `Cannot ${act} ${name}: another process, or another backend of this process, has it open. Stop that one first`;
    return new StateError("STATE_LOCKED", message, options);
  }
  if (codes.includes("LEVEL_CORRUPTION")) {
    return new StateError("STATE_CORRUPT", `Cannot ${act} ${name}: ${reason}. ${WAY_OUT}`, options);
  }
  if (codes.includes("LEVEL_DATABASE_NOT_OPEN") && codes.length === 1) {
    return new StateError("STATE_CLOSED", `Cannot ${act} ${name}: the database was closed`, options);
  }
  return new StateError("STATE_IO", `Cannot ${act} ${name}: ${reason}. ${IO_WAY_OUT}`, { ...options, retryable: true });
}

/**
 * A batch that failed. Whatever it was, asking again is of no use before the database was opened anew: the job starts again
 * for it.
 */
export function brokenDatabase(name: string, error: unknown): TidemarkError {
  const { code, message, cause, details } = levelError("write to", name, error);
  return code === "STATE_IO" ? new StateError(code, message, { cause, details }) : levelError("write to", name, error);
}

/** A row whose checksum does not hold. */
export function damagedRow(key: Uint8Array, name: string): StateError {
  const row = rowLabel(key);
  return new StateError("STATE_CORRUPT", `Cannot read the ${row} of ${name}: its checksum does not hold. ${WAY_OUT}`, {
    details: { backend: name, row },
  });
}

/** A database that is not what it should be. */
export function damagedDatabase(name: string, found: string): StateError {
  return new StateError("STATE_CORRUPT", `Cannot use ${name}: ${found}. ${WAY_OUT}`, { details: { backend: name } });
}

/** Nothing is where something was to be looked into. */
export function noDatabase(name: string, path: string): CheckpointError {
  return new CheckpointError(
    "CHECKPOINT_MISSING",
    `Cannot open ${name}: there is no database in ${path}. Check the path: no job has stored anything there`,
    { details: { backend: name, path } },
  );
}

function codesOf(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === "string") codes.push(code);
  }
  return codes;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
