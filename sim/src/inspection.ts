import type { JobInspection } from "@tidemark/core/testing";

import type { DagSpec } from "./dag/spec.ts";
import { EventTimes } from "./watch-time.ts";
import { auditStorage, goBackToOlder, inspectCheckpoints } from "./inspect-storage.ts";
import { checkStates } from "./states/check-states.ts";

/**
 * What is looked into of a random pipeline: event time goes its way; every retained checkpoint can be read, its state follows from what it has read of the
 * sources, and at the end nothing is left over.
 *
 * @param specOf the pipeline with the records that take part; `undefined` where its state may be ahead of what its sources say.
 */
export function inspectionOf(
  specOf: (trial: Parameters<JobInspection["inspect"]>[1]["trial"]) => DagSpec | undefined,
): JobInspection {
  return {
    goBack: goBackToOlder,
    watch: (world) => {
      const times = new EventTimes((text) => world.violation(`event time: ${text}`));
      return (event) => times.on(event);
    },
    inspect: async (place, { world, trial, isOver }) => {
      world.reach("retained checkpoints opened");
      const spec = specOf(trial);
      const wrong = await inspectCheckpoints(place, async (snapshot, inFlight) => {
        if (spec === undefined) return [];
        const states = await checkStates(spec, snapshot, inFlight);
        if (states.entries > 0) world.reach("state compared entry by entry");
        if (states.entries > 0 && inFlight.length > 0) world.reach("state compared beside records in flight");
        return states.wrong;
      });
      return isOver ? [...wrong, ...(await auditStorage(place))] : wrong;
    },
  };
}
