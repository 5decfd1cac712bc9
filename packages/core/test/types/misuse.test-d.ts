/** What the compiler refuses. Checked by `npm run check`, never run. The sentences are in `messages.test.ts`. */
import {
  type AnySink,
  type AnySource,
  type Duration,
  pipeline,
  run,
  type RunOptions,
  type StateBackend,
} from "@tidemark/core";
import { tumbling } from "@tidemark/core/windows";

declare const once: AnySource<number, false>;
declare const numbers: AnySource<number, true>;
declare const exactly: AnySink<number, "exactly-once">;
declare const idempotent: AnySink<number, "idempotent">;
declare const repeating: AnySink<number, "at-least-once">;
declare const words: AnySink<string, "exactly-once">;
declare const backend: StateBackend;

const job = pipeline("strict");
const lax = pipeline("lax", { guarantee: "at-least-once" });
const stream = job.source("numbers", numbers);

// @ts-expect-error This source cannot be read again after a failure, so an exactly-once pipeline cannot read it.
job.source("once", once);
lax.source("once", once);

// @ts-expect-error This sink repeats rows after a failure, so an exactly-once pipeline cannot write to it.
stream.sink("out", repeating);
stream.sink("out", repeating, { delivery: "at-least-once" });
stream.sink("exactly", exactly);
stream.sink("idempotent", idempotent);
lax.source("numbers", numbers).sink("out", repeating);

// @ts-expect-error the delivery has to be accepted in so many words
stream.sink("out", repeating, { parallelism: 2 });
// @ts-expect-error and not with a word that accepts nothing
stream.sink("out", repeating, { delivery: "exactly-once" });
stream.sink("out", exactly, { parallelism: 2 });

// @ts-expect-error a sink of strings takes no numbers
stream.sink("words", words);
// @ts-expect-error a stream without keys has no windows
stream.window("hourly", tumbling("1h"));
// @ts-expect-error a stream without keys keeps no state
stream.reduce("sum", (sum: number, n: number) => sum + n);
// @ts-expect-error a key is a string, a number, a bigint, a boolean, bytes, a Date, null, or a tuple of these
stream.keyBy((n) => ({ n }));
// @ts-expect-error a record may have no key
stream.keyBy((n) => (n > 1 ? n : undefined));

const keyed = stream.keyBy((n) => n % 2);
// @ts-expect-error a keyed step needs an id
keyed.reduce((sum: number, n: number) => sum + n);
// @ts-expect-error a window needs an id
keyed.window(tumbling("1h"));
// @ts-expect-error a sink needs an id
stream.sink(exactly);
// @ts-expect-error a source needs an id
job.source(numbers);

keyed.window("hourly", tumbling("1h")).aggregate({
  create: () => 0,
  // @ts-expect-error the accumulator is a number
  add: (sum, n) => `${sum} ${n}`,
  result: (sum) => sum,
});
// @ts-expect-error the records are numbers
keyed.window("hourly", tumbling("1h")).aggregate({
  create: () => ({ sum: 0 }),
  add: (sum, n: string) => ({ sum: sum.sum + n.length }),
  result: ({ sum }) => sum,
});
// @ts-expect-error an aggregation has a result
keyed.window("hourly", tumbling("1h")).aggregate({ create: () => 0, add: (sum: number) => sum });

// @ts-expect-error a duration is a number with ms, s, m, h or d
tumbling("1 hour");
// @ts-expect-error a duration has a unit
tumbling("60");
// @ts-expect-error a duration is no number
tumbling(60);
// @ts-expect-error a duration has a unit
job.source("timed", numbers, { eventTime: (n) => n, outOfOrder: "3" });
// @ts-expect-error event time is a number
job.source("timed", numbers, { eventTime: (n) => new Date(n) });
export const duration: Duration = "1.5h";

// @ts-expect-error streams of one type can be united, and of one guarantee
stream.union(stream.map((n) => `${n}`));
// @ts-expect-error streams of one type can be united, and of one guarantee
stream.union(lax.source("numbers", numbers));

// @ts-expect-error a job needs a backend
run(job, {});
// @ts-expect-error there are two hosts
run(job, { backend, host: "remote" });
// @ts-expect-error a run ends at the end, when idle, after so many records, or at a deadline
run(job, { backend, until: "tomorrow" });
// @ts-expect-error a guarantee is one of two
pipeline("job", { guarantee: "at-most-once" });
export const options: RunOptions = {
  backend,
  until: { records: 3 },
  checkpoint: { interval: "none" },
  restart: "none",
};
