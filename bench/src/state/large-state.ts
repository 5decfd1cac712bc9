/**
 * State that is larger than the memory it may take, on LevelDB: one key with a map of many entries, of which one is changed
 * then; or many timers, which are set, and then fire.
 *
 *     scripts/node --conditions=@tidemark/source --max-old-space-size=160 --max-semi-space-size=16 bench/src/state/large-state.ts map 1000000
 *     scripts/node --conditions=@tidemark/source --max-old-space-size=160 --max-semi-space-size=16 bench/src/state/large-state.ts timers 10000000
 *
 * Without the second flag Node lets new objects take 128 MiB beside so small a heap, and collects all of it again and again.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { leveldb } from "@tidemark/backend-leveldb";
import { fromIterable, toArray } from "@tidemark/connectors/iterable";
import { mapState, pipeline, run, type RunUntil, valueState } from "@tidemark/core";

const LIMIT_BYTES: number = 64 * 1024 * 1024;

interface Step {
  readonly key: string;
  readonly number: number;
}

/** What a run does with each number: puts it into a map, or sets a timer for it. */
function jobOf(kind: string, count: number, sink: ReturnType<typeof toArray<string>>["sink"]) {
  const job = pipeline(`large-${kind}`);
  const records = kind === "map" ? count + 1 : count;
  const numbers = fromIterable<Step>(function* (from: number) {
    for (let number = from; number < records; number++) yield { key: kind === "map" ? "one" : `key-${number}`, number };
  });
  const keyed = job.source("numbers", numbers, { eventTime: ({ number }: Step) => number }).keyBy(({ key }) => key);
  const steps =
    kind === "map"
      ? keyed.process("state", {
          state: { entries: mapState<number, string>() },
          onRecord({ number }, { state }) {
            state.entries.set(number % count, `value of ${number}`);
          },
        })
      : keyed.process("state", {
          state: { fired: valueState(0) },
          onRecord({ number }, context) {
            context.setEventTimer(count + (number % 100_000));
          },
          onTimer(time, context) {
            if (time % 100_000 === 0) context.emit(context.key);
          },
        });
  steps.sink("out", sink);
  return job;
}

const [kind = "map", given = "1000000"] = process.argv.slice(2);
const count = Number(given);
const directory = mkdtempSync(join(tmpdir(), "large-state-"));
let greatest = 0;
const begin = performance.now();
const report = (what: string): void => {
  const rss = process.memoryUsage().rss;
  greatest = Math.max(greatest, rss);
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  if (what !== "") console.log(`${what}: ${seconds} s, RSS ${mib(rss)}, at most ${mib(greatest)}`);
};
const watch = setInterval(() => report(""), 100);

/** Goes on with the job for so many records, or to its end. */
async function goOn(until: RunUntil): Promise<void> {
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
}

try {
  await goOn({ records: count });
  // Of a map, there is one more record now: the last checkpoint has one changed entry.
  await goOn("end");
} finally {
  clearInterval(watch);
  rmSync(directory, { recursive: true });
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
