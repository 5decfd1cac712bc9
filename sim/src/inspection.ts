import type { JobInspection, SimProcess } from "@tidemark/core/testing";

import type { DagSpec } from "./dag/spec.ts";
import { Bounds } from "./bounds.ts";
import type { Calls } from "./calls.ts";
import { unexpectedFailure } from "./failures.ts";
import { Holdings } from "./holdings.ts";
import { EventTimes } from "./watch-time.ts";
import { auditStorage, goBackToOlder, inspectCheckpoints } from "./inspect-storage.ts";
import { checkStates } from "./states/check-states.ts";
import type { Layout } from "./states/truncate.ts";

/** What the bounds of a run follow from. */
export interface InspectionBounds {
  /** `checkpoint.maxConcurrent` of the run. */
  readonly maxConcurrent: number;
  /** `checkpoint.retained` of the run. */
  readonly retained: number;
  /** Whether sinks let go what is not committed in time. */
  readonly expires: boolean;
  /** The calls that a process has under way. */
  readonly callsOf: (process: SimProcess) => Calls;
  /** Where the records of its sources stand. */
  readonly layout: Layout;
}

/**
 * What is looked into of a random pipeline: event time goes its way; what is held stays within its bounds; every retained checkpoint can be read, its state follows from what it has read of the
 * sources, and at the end nothing is left over.
 *
 * @param specOf the pipeline with the records that take part; `undefined` where its state may be ahead of what its sources say.
 */
export function inspectionOf(
  specOf: (trial: Parameters<JobInspection["inspect"]>[1]["trial"]) => DagSpec | undefined,
  { maxConcurrent, retained, expires, callsOf, layout }: InspectionBounds,
): JobInspection {
  return {
    goBack: goBackToOlder,
    watch: (world, process) => {
      const times = new EventTimes((text) => world.violation(`event time: ${text}`));
      const breach = (text: string): void => world.violation(`bounds: ${text}`);
      const bounds = new Bounds({ maxConcurrent, breach });
      const putsUnderWay = (): number => process.underWay("object.put");
      const holdings = new Holdings({ retained, maxConcurrent, putsUnderWay, breach });
      const calls = callsOf(process);
      world.onPoint((by, name, detail) => {
        if (by !== process) return;
        bounds.point(name, detail);
        holdings.point(name, detail);
        // What is restored begins its calls again before the attempt has started.
        if (name === "region.built") calls.startAnew();
      });
      return (event) => {
        times.on(event);
        bounds.on(event);
        holdings.on(event);
        const failure = unexpectedFailure(event, { isDamaged: world.isDamaged, expires });
        if (failure !== undefined) world.violation(`failures: ${failure}`);
        for (const text of calls.takeBreaches()) breach(text);
      };
    },
    inspect: async (place, { world, trial, isOver }) => {
      world.reach("retained checkpoints opened");
      const spec = specOf(trial);
      const wrong = await inspectCheckpoints(place, async (snapshot, inFlight, isNewest) => {
        if (spec === undefined) return [];
        const states = await checkStates(spec, snapshot, { inFlight, layout, isLast: isOver && isNewest });
        if (states.entries > 0) world.reach("state compared entry by entry");
        if (states.entries > 0 && inFlight.length > 0) world.reach("state compared beside records in flight");
        return states.wrong;
      });
      return isOver ? [...wrong, ...(await auditStorage(place))] : wrong;
    },
  };
}
