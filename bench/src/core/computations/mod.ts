/** Everything that the core benchmark computes. */
import type { Computation } from "../computation.ts";
import { count } from "./count.ts";
import { hourlyTotal } from "./hourly-total.ts";
import { reducedCount } from "./reduced-count.ts";
import { sessions } from "./sessions.ts";
import { runningTotal } from "./running-total.ts";

export const COMPUTATIONS: readonly Computation[] = [count, reducedCount, runningTotal, hourlyTotal, sessions];
