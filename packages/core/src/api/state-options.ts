import { checkKind, invalidOption } from "../invalid-option.ts";
import type { StateBackend } from "../state/backend.ts";
import type { StateLimits } from "../state/paging/state-memory.ts";

/** How much of its state a run keeps in memory. */
export interface StateOptions {
  /**
   * How many bytes of state stay in memory, over all subtasks of the run; the rest is in the backend, and read when it is
   * asked for. An estimate of what entries take, and no hard bound: what one batch of records needs is there while it is
   * worked on. Default: 256 MiB where the backend may hold more than memory does, otherwise `Infinity`.
   */
  readonly limitBytes?: number;
  /**
   * For simulation: whether an entry leaves memory though there is room, asked of each that could. With it the limit may be as
   * low as one likes. Default: it stays.
   */
  readonly evict?: () => boolean;
}

const LIMIT_DEFAULT: number = 256 * 1024 * 1024;

/** With less than this nothing could be worked on. */
const LIMIT_MIN: number = 64 * 1024;

/** @throws {ConfigurationError} OPTION_INVALID if the limit makes no sense. */
export function stateLimits({ capabilities }: StateBackend, options: StateOptions = {}): StateLimits {
  checkKind("state", options, "object");
  const { limitBytes = capabilities.largerThanMemory ? LIMIT_DEFAULT : Infinity, evict } = options;
  checkKind("state.evict", evict, "function");
  const least = evict === undefined ? LIMIT_MIN : 1;
  if (typeof limitBytes === "number" && limitBytes >= least) return { limitBytes, evict };
  throw invalidOption(
    "state.limitBytes",
    limitBytes,
    `it must be a number of bytes, at least ${LIMIT_MIN}, or Infinity`,
  );
}
