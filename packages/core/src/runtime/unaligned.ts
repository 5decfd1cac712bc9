import type { InFlightState } from "../checkpoint/in-flight.ts";
import type { UnalignedMode } from "../checkpoint/options.ts";
import type { Plan } from "../graph/plan.ts";
import { Capture, type Captures, inFlightUnsupported } from "./capture.ts";
import { inFlightEdges, shapeOf } from "./in-flight-edges.ts";
import { restoreInFlight } from "./in-flight-restore.ts";
import { writeInFlight } from "./in-flight-writer.ts";

/** All that the runtime needs where barriers overtake records. It reaches it here alone, so that it can be left out. */
export interface Overtaking extends UnalignedMode, Captures {
  readonly write: typeof writeInFlight;
  readonly restore: typeof restoreInFlight;
  /** What a manifest says of the pipeline that the records are in flight in. */
  stateOf(plan: Plan): Pick<InFlightState, "shape" | "edges">;
}

const overtaking: Overtaking = {
  name: "unaligned",
  toString: () => "unaligned",
  toJSON: () => "unaligned",
  capture: (checkpointId, nameOf) => new Capture(checkpointId, nameOf),
  unsupported: inFlightUnsupported,
  write: writeInFlight,
  restore: restoreInFlight,
  stateOf: (plan) => ({ shape: shapeOf(plan), edges: inFlightEdges(plan) }),
};

/**
 * Lets barriers overtake records that wait in channels: `checkpoint: { mode: unaligned }`. What they overtake becomes part of
 * the checkpoint, which a run with this mode alone takes up again.
 *
 * @example
 * ```ts
 * import { unaligned } from "@tidemark/core";
 *
 * const checkpoint = { interval: "10s", mode: unaligned, alignedTimeout: "1s" } as const;
 * ```
 */
export const unaligned: UnalignedMode = overtaking;
