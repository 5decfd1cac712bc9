import { checkKind, invalidOption } from "../invalid-option.ts";
import type { StateBackend } from "../state/backend.ts";
import type { PagedState, PagingParts } from "../operators/paging-parts.ts";
import type { StatePaging } from "../state/paging/state-paging.ts";

/** How much of its state a run keeps in memory. */
export interface StateOptions {
  /**
   * How many bytes of state stay in memory, over all subtasks of the run; the rest is in the backend, and read when it is
   * asked for. An estimate of what entries take, and no hard bound: what one batch of records needs is there while it is
   * worked on. Default: 256 MiB where the backend may hold more than memory does, otherwise `Infinity`.
   */
  readonly limitBytes?: number;
  /** How state leaves memory: `statePaging` of `@tidemark/core/state`. Default: what the backend brings along, if it does. */
  readonly paging?: StatePaging;
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
export function stateLimits(backend: StateBackend, options: StateOptions = {}): PagedState {
  checkKind("state", options, "object");
  const { limitBytes = backend.paging === undefined ? Infinity : LIMIT_DEFAULT, evict } = options;
  checkKind("state.evict", evict, "function");
  // What there is of it was made by the engine.
  const paging = (options.paging ?? backend.paging) as PagingParts | undefined;
  if (paging !== undefined && typeof paging.memory !== "function") {
    throw invalidOption("state.paging", paging, 'it is statePaging of "@tidemark/core/state"');
  }
  if (paging === undefined && (limitBytes !== Infinity || evict !== undefined)) {
    const [name, found] = evict === undefined ? ["state.limitBytes", limitBytes] : ["state.evict", evict];
    throw invalidOption(
      name,
      found,
      `${backend.name} brings nothing along by which state would leave memory. Give "state" a "paging" besides, statePaging of "@tidemark/core/state"`,
    );
  }
  const least = evict === undefined ? LIMIT_MIN : 1;
  if (typeof limitBytes === "number" && limitBytes >= least) return { limitBytes, evict, paging };
  throw invalidOption(
    "state.limitBytes",
    limitBytes,
    `it must be a number of bytes, at least ${LIMIT_MIN}, or Infinity`,
  );
}
