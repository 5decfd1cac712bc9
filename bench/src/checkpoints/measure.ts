import { memory } from "@tidemark/backend-memory";
import { type CheckpointOptions, type Env, pipeline, run, unaligned } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { type Item, pacedItems, slowSink, slowStore, STORE_BYTES_PER_MS } from "./pace.ts";

/** One checkpoint, on virtual time. */
export interface Measured {
  readonly mode: "aligned" | "unaligned";
  /** The records that each channel holds. */
  readonly channelRecords: number;
  /** From the trigger until the head lists it, in milliseconds. */
  readonly durationMs: number;
  readonly inFlightBytes: number;
  /** What the longest batch of the sink took until then. */
  readonly sinkBatchMs: number;
  /** What writing the records in flight takes the store. */
  readonly inFlightWriteMs: number;
}

const PARALLELISM = 2;

/** How much time a turn takes: next to nothing, so that what is measured is the protocol and what it waits for. */
const TURN_MS = 0.001;

/** Fills all channels, or none, and takes one checkpoint. */
export async function measure(
  mode: Measured["mode"],
  channelRecords: number,
  isIdle: boolean = false,
): Promise<Measured> {
  const { env } = frozenEnv({ turnMs: TURN_MS });
  const { sink, longestMs } = slowSink();
  const job = pipeline("checkpoints");
  job
    .source("items", pacedItems(isIdle, PARALLELISM))
    .keyBy(({ key }) => key % 97)
    .process<Item>("first", { onRecord: (item, context) => context.emit(item) })
    .keyBy(({ key }) => key % 89)
    .process<Item>("second", { onRecord: (item, context) => context.emit(item) })
    .sink("out", sink);
  const checkpoint: CheckpointOptions = {
    interval: "none",
    mode: mode === "aligned" ? mode : unaligned,
    timeout: "10h",
  };
  const options = { backend: slowStore(memory()), env, parallelism: PARALLELISM, channelRecords, checkpoint };
  const handle = run(job, options);
  if (isIdle) {
    while (handle.subtasks().length === 0) await env.turn();
  } else {
    await filled(env, () => handle.subtasks().map(({ backPressuredMs }) => backPressuredMs));
  }
  const { durationMs, checkpointId } = await handle.checkpoint();
  const details = handle.checkpoints().history.find((each) => each.checkpointId === checkpointId);
  handle.cancel();
  await handle.finished.catch(() => undefined);
  const inFlightBytes = details?.inFlightBytes ?? 0;
  return {
    mode,
    channelRecords,
    durationMs,
    inFlightBytes,
    sinkBatchMs: longestMs(),
    inFlightWriteMs: inFlightBytes / STORE_BYTES_PER_MS,
  };
}

/** Waits until everybody but the sinks is held up for most of the time: then all channels are as full as they get. */
async function filled(env: Env, backPressured: () => readonly number[]): Promise<void> {
  const LOOK_MS = 200;
  for (let before = backPressured(); ;) {
    await new Promise<void>((resolve) => {
      env.schedule(LOOK_MS, resolve);
    });
    const now = backPressured();
    const heldUp = now.filter((ms, index) => ms - (before[index] ?? 0) > LOOK_MS / 2).length;
    if (heldUp >= 2 * PARALLELISM) return;
    before = now;
  }
}
