import { type Duration, durationMs } from "../duration.ts";
import { invalidOption } from "../invalid-option.ts";

/**
 * When the entries of a state expire, by processing time. A list and a map expire item by item and entry by entry. The
 * setting is no part of a checkpoint: after it was changed, the new one counts for old entries too; entries written
 * without one count as written when they are first met.
 */
export interface TtlOptions {
  /** How long an entry lives after it was last written. */
  readonly after: Duration;
  /** What begins the time anew: writing an entry, or reading it too. Default: `"write"`. */
  readonly refresh?: "write" | "read-write";
  /**
   * Whether an expired entry can still be seen: never, or until clean-up has come by, which reading it is. Default:
   * `"never-expired"`.
   */
  readonly visibility?: "never-expired" | "until-cleaned";
}

/** A checked {@link TtlOptions}. */
export interface TimeToLive {
  readonly afterMs: number;
  readonly refreshesOnRead: boolean;
  readonly showsExpired: boolean;
}

/**
 * Checks a time to live.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no duration, is zero, or an option is none of the known.
 */
export function timeToLive(options: TtlOptions): TimeToLive {
  if (typeof options !== "object" || options === null) {
    throw invalidOption("ttl", options, 'it must be an object, such as { after: "1h" }');
  }
  const { after, refresh = "write", visibility = "never-expired" } = options;
  const afterMs = durationMs(after, "ttl.after");
  if (afterMs < 1) throw invalidOption("ttl.after", after, "it must be at least 1 ms");
  if (refresh !== "write" && refresh !== "read-write") {
    throw invalidOption("ttl.refresh", refresh, 'there are "write" and "read-write"');
  }
  if (visibility !== "never-expired" && visibility !== "until-cleaned") {
    throw invalidOption("ttl.visibility", visibility, 'there are "never-expired" and "until-cleaned"');
  }
  return {
    afterMs,
    refreshesOnRead: refresh === "read-write",
    showsExpired: visibility === "until-cleaned",
  };
}
