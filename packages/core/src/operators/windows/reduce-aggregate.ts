import type { AnyAggregate } from "../../state/aggregate-function.ts";
import { inTurn } from "../callbacks.ts";
import { reduced, type Reducer } from "../../state/reducer.ts";

/** A box for the result so far: empty before the first record, so that any value can be one. */
type Box = [] | [unknown];

/** A reduction as an aggregate. */
export function reduceAggregate(combine: Reducer): AnyAggregate {
  const put = (box: Box, value: unknown): Box => {
    box[0] = box.length === 0 ? value : inTurn(reduced(combine, box[0], value));
    return box;
  };
  return {
    create: (): Box => [],
    add: (box, value) => put(box as Box, value),
    result: (box) => (box as Box)[0],
    merge: (into, from) => ((from as Box).length === 0 ? into : put(into as Box, (from as Box)[0])),
  };
}
