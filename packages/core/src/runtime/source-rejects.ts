import type { RejectedRecord } from "../connect/source.ts";
import { ConnectorError } from "../errors.ts";
import { REJECTED_INPUT } from "../operators/source.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import type { InputEvent } from "./input.ts";
import type { SourceDriverOptions } from "./source-options.ts";

/**
 * What becomes of records that cannot be used: dead letters, if the source has an output for them.
 *
 * @param call what could do nothing with them.
 * @throws {ConnectorError} RECORD_INVALID if it has none, with the first of them.
 */
export function rejection(
  rejected: readonly RejectedRecord[],
  call: "decode" | "eventTime",
  { sourceId, takesRejected, deadLettered }: Pick<SourceDriverOptions, "sourceId" | "takesRejected" | "deadLettered">,
): InputEvent {
  const [first] = rejected;
  if (first !== undefined && !takesRejected) throw invalid(first, sourceId);
  deadLettered(call, rejected.length);
  const values = rejected.map((record) => ({ ...record, source: sourceId }));
  const timestamps = rejected.map(() => NO_TIMESTAMP);
  return { kind: "batch", input: REJECTED_INPUT, batch: { values, timestamps } };
}

function invalid({ reason, raw, position }: RejectedRecord, sourceId: string): ConnectorError {
  return new ConnectorError(
    "RECORD_INVALID",
    `Cannot read a record of source "${sourceId}" at ${position}: ${reason}, found ${raw}. Mend the input, or give the source ` +
      `a "deadLetters" output to set such records aside`,
    { details: { sourceId, position, raw, reason } },
  );
}
