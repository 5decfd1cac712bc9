/** Everything that the core benchmark computes. */
import type { Computation } from "../computation.ts";
import { count } from "./count.ts";
import { hourlyTotal } from "./hourly-total.ts";
import { joinedReturns } from "./interval-join.ts";
import { reducedCount } from "./reduced-count.ts";
import { runningTotal } from "./running-total.ts";
import { sessions } from "./sessions.ts";
import { slidingTotal } from "./sliding-total.ts";
import { timers } from "./timers.ts";
import { twoInputs } from "./two-inputs.ts";

export const COMPUTATIONS: readonly Computation[] = [
  count,
  reducedCount,
  runningTotal,
  hourlyTotal,
  slidingTotal,
  sessions,
  timers,
  joinedReturns,
  twoInputs,
];
