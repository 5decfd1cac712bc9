/** What the compiler knows of asynchronous steps. Checked by `npm run check`, never run. */
import { pipeline, type Source, type SourceSplit, type Stream } from "@tidemark/core";
import { asyncMap } from "@tidemark/core/async";

import type { Equal, Expect } from "./expect.ts";

interface Flight {
  readonly origin: string;
  readonly gate: number;
}

declare const source: Source<Flight, SourceSplit, unknown, true>;
const flights = pipeline("flights").source("flights", source);
const byOrigin = flights.keyBy(({ origin }) => origin);

const names = flights.pipe(
  "names",
  asyncMap(async ({ origin }, { signal, attempt }) => {
    void [signal satisfies AbortSignal, attempt satisfies number];
    return { name: origin.toLowerCase() };
  }),
);
export type Inferred = Expect<Equal<typeof names, Stream<{ name: string }, "exactly-once">>>;

const keyed = byOrigin.pipe(
  "gates",
  asyncMap(async ({ gate }) => gate, {
    order: "unordered",
    capacity: 4,
    timeout: "5s",
    onTimeout: ({ gate }) => -gate,
  }),
);
export type Keyed = Expect<Equal<typeof keyed, Stream<number, "exactly-once">>>;

const lookUp = async (flight: Flight): Promise<readonly string[]> => [flight.origin];
const apart = flights.pipe(
  "apart",
  asyncMap(lookUp, { retry: { attempts: 2, when: (error) => error instanceof Error } }),
);
export type Apart = Expect<Equal<typeof apart, Stream<readonly string[], "exactly-once">>>;

const lax = pipeline("lax", { guarantee: "at-least-once" }).source("flights", source).pipe("lax", asyncMap(lookUp));
export type Guaranteed = Expect<Equal<typeof lax, Stream<readonly string[], "at-least-once">>>;

const inside = flights.pipe("part", (stream) =>
  stream
    .map(({ gate }) => gate)
    .pipe(
      "double",
      asyncMap(async (n) => n * 2),
    ),
);
export type Inside = Expect<Equal<typeof inside, Stream<number, "exactly-once">>>;

// @ts-expect-error the function takes other records
flights.map(({ gate }) => gate).pipe("other", asyncMap(lookUp));
const gateOf = ({ gate }: Flight): number => gate;
// @ts-expect-error the function gives no promise
flights.pipe("plain", asyncMap(gateOf));
// @ts-expect-error the handler gives something else than the function
flights.pipe("handler", asyncMap(lookUp, { onTimeout: () => 7 }));
// @ts-expect-error there is no such order
flights.pipe("order", asyncMap(lookUp, { order: "sorted" }));
