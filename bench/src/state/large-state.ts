/**
 * State that is larger than the memory it may take, on LevelDB: one key with a map of many entries, of which one is changed
 * then; many timers, which are set, and then fire, all at one instant or at many; or many keys with a kilobyte each, of which every hundredth is changed then.
 *
 *     scripts/node --conditions=@tidemark/source --max-old-space-size=160 --max-semi-space-size=16 bench/src/state/large-state.ts map 1000000
 *     scripts/node --conditions=@tidemark/source --max-old-space-size=160 --max-semi-space-size=16 bench/src/state/large-state.ts timers 10000000
 *     scripts/node --conditions=@tidemark/source --max-old-space-size=160 --max-semi-space-size=16 bench/src/state/large-state.ts instant 100000
 *     scripts/node --conditions=@tidemark/source --max-old-space-size=160 --max-semi-space-size=16 bench/src/state/large-state.ts gigabyte 1000000
 *
 * Each run is checked: what the map counts, that every timer fires, and what the changed keys held. It begins with its limits, and
 * ends with the processor time between two turns of the event loop.
 *
 * Without the second flag Node lets new objects take 128 MiB beside so small a heap, and collects all of it again and again.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHistogram } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import { getHeapStatistics } from "node:v8";

import { leveldb } from "@tidemark/backend-leveldb";
import { fromIterable, toArray } from "@tidemark/connectors/iterable";
import { emits, mapState, pipeline, run, type RunUntil, valueState } from "@tidemark/core";

import { threadMicros } from "./thread-time.ts";

const LIMIT_BYTES: number = 64 * 1024 * 1024;

type Kind = "map" | "timers" | "instant" | "gigabyte";

interface Step {
  readonly key: string;
  readonly number: number;
}

/** What each kind adds in its second run. */
const EXTRA: Readonly<Record<Kind, (count: number) => number>> = {
  map: () => 1,
  timers: () => 0,
  instant: () => 0,
  gigabyte: (count) => Math.ceil(count / 100),
};

/** Timers fire at so many different instants. */
const INSTANTS: Readonly<Record<Kind, number>> = { map: 0, timers: 100_000, instant: 1, gigabyte: 0 };

function keyOf(kind: Kind, count: number, number: number): string {
  if (kind === "map") return "one";
  return `key-${number < count ? number : (number - count) * 100}`;
}

/** A kilobyte that differs from key to key. */
function kilobyteOf(key: string): string {
  return `${key} `.repeat(Math.ceil(1_024 / (key.length + 1))).slice(0, 1_024);
}

/** What a run does with each number: puts it into a map, sets a timer for it, or gives its key a kilobyte. */
function jobOf(kind: Kind, count: number, sink: ReturnType<typeof toArray<string>>["sink"]) {
  const job = pipeline(`large-${kind}`);
  const records = count + EXTRA[kind](count);
  const numbers = fromIterable<Step>(function* (from: number) {
    for (let number = from; number < records; number++) yield { key: keyOf(kind, count, number), number };
  });
  const keyed = job.source("numbers", numbers, { eventTime: ({ number }: Step) => number }).keyBy(({ key }) => key);
  const fired = { left: count };
  const steps =
    kind === "map"
      ? keyed.process("state", {
          state: { entries: mapState<number, string>() },
          emits: emits<string>(),
          onRecord({ number }, { state, emit }) {
            const at = number % count;
            if (number >= count) emit(state.entries.get(at) ?? "nothing");
            state.entries.set(at, `value of ${number}`);
          },
        })
      : INSTANTS[kind] > 0
        ? keyed.process("state", {
            state: { fired: valueState(0) },
            emits: emits<string>(),
            onRecord({ number }, context) {
              context.setEventTimer(count + (number % INSTANTS[kind]));
            },
            onTimer(_time, context) {
              fired.left--;
              if (fired.left === 0) context.emit("all have fired");
            },
          })
        : keyed.process("state", {
            state: { kilobyte: valueState("") },
            emits: emits<string>(),
            onRecord({ key, number }, { state, emit }) {
              const found = state.kilobyte.get();
              if (found !== (number < count ? "" : kilobyteOf(key))) emit(`${key} holds ${found.slice(0, 20)}`);
              state.kilobyte.update(kilobyteOf(number < count ? key : `${key}, again`));
            },
          });
  steps.sink("out", sink);
  return job;
}

/** What the second run gives. */
const EXPECTED: Readonly<Record<Kind, readonly string[]>> = {
  map: ["value of 0"],
  timers: ["all have fired"],
  instant: ["all have fired"],
  gigabyte: [],
};

const [given = "map", size = "1000000"] = process.argv.slice(2);
if (!(given in EXTRA)) throw new RangeError(`Cannot run "${given}": there is ${Object.keys(EXTRA).join(", ")}`);
const kind = given as Kind;
const count = Number(size);
const directory = mkdtempSync(join(tmpdir(), "large-state-"));
let greatest = 0;
const report = (what: string): void => {
  const rss = process.memoryUsage().rss;
  greatest = Math.max(greatest, rss);
  const seconds = (process.cpuUsage().user / 1_000_000).toFixed(0);
  if (what !== "") console.log(`${what}: ${seconds} s of processor time, RSS ${mib(rss)}, at most ${mib(greatest)}`);
};
const watch = setInterval(() => report(""), 100);

/** Goes on with the job for so many records, or to its end. */
async function goOn(until: RunUntil, expected: readonly string[]): Promise<void> {
  const out = toArray<string>();
  const handle = run(jobOf(kind, count, out.sink), {
    backend: leveldb(directory),
    until,
    state: { limitBytes: LIMIT_BYTES },
    checkpoint: { interval: "5s" },
    trace: (event) => {
      if (event.kind === "checkpoint-completed") report(`checkpoint ${event.checkpointId}, ${event.bytes} bytes`);
    },
  });
  const { metrics } = await handle.finished;
  report(`${metrics.recordsIn} records, ${out.values.length} results`);
  if (!isDeepStrictEqual(out.values, expected)) throw new Error(`Cannot go on: ${out.values.slice(0, 3).join("; ")}`);
}

console.log(
  `${count} on LevelDB, state limit ${mib(LIMIT_BYTES)}, heap limit ${mib(getHeapStatistics().heap_size_limit)}`,
);
// Of processor time: what else the machine does makes a turn no longer.
const turns = createHistogram();
let before = threadMicros();
const everyTurn = setInterval(() => {
  const now = threadMicros();
  turns.record(Math.max(1, now - before));
  before = now;
}, 1);
try {
  await goOn({ records: count }, []);
  // Of a map, there is one more record now: the last checkpoint has one changed entry.
  await goOn("end", EXPECTED[kind]);
  const [p99, longest] = [turns.percentile(99), turns.max].map((micros) => `${(micros / 1_000).toFixed(1)} ms`);
  console.log(`between two turns of the event loop, processor time of its thread: p99 ${p99}, at most ${longest}`);
} finally {
  clearInterval(watch);
  clearInterval(everyTurn);
  rmSync(directory, { recursive: true });
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
