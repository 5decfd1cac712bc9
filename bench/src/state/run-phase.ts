import { emits, type JobHandle, type JobMetrics, pipeline, run, valueState } from "@tidemark/core";

import { checksumSink } from "../core/checksum-sink.ts";
import type { Stand } from "./stand.ts";
import { threadMicros } from "./thread-time.ts";
import { type Phase, type Touch, touches } from "./touches.ts";

/** How a phase is run. */
export interface PhaseOptions {
  readonly valueBytes: number;
  readonly parallelism: number;
  /** How much state may be in memory. */
  readonly limitBytes: number | undefined;
  /** Whether a checkpoint is taken each second; otherwise only the last one, which ends every run. */
  readonly checkpoints: boolean;
}

/** What a phase came to. */
export interface PhaseResult {
  readonly ms: number;
  /** From the start to the first record that reached state. */
  readonly firstRecordMs: number;
  /** The same in processor time of the thread. */
  readonly firstRecordCpuMs: number;
  /** From the start to the first tenth of a second with 90 of 100 of the rate that the second half of the run had. */
  readonly fullRateMs: number;
  readonly metrics: JobMetrics;
}

const WINDOW_MS = 100;

/**
 * Runs one phase on a stand, from its start to the end of its last checkpoint: a job that goes on from the checkpoint that the
 * phase before has left.
 *
 * @throws {Error} if it did not make one result of every record.
 */
export async function runPhase(stand: Stand, phase: Phase, options: PhaseOptions): Promise<PhaseResult> {
  const { valueBytes, parallelism, limitBytes, checkpoints } = options;
  const job = pipeline("bench state");
  const out = checksumSink<number>((sum, length) => (sum + length) | 0);
  const pace = new Pace();
  let updates = 0;
  job
    .source("touches", touches(phase))
    .keyBy((touch: Touch) => touch.key)
    .process("keep", {
      state: { value: valueState("") },
      emits: emits<number>(),
      onRecord(touch, context) {
        const { value } = context.state;
        const found = value.get();
        // Only now: a record that has to wait for its value is run again.
        pace.tick();
        if (!touch.isRead) value.update(payload(updates++, valueBytes));
        context.emit(found.length);
      },
    })
    .sink("out", out.sink);
  pace.start();
  const handle = run(job, {
    backend: stand.open(),
    env: stand.env,
    parallelism,
    checkpoint: { interval: checkpoints ? "1s" : "none" },
    until: { records: phase.count },
    state: { limitBytes: limitBytes ?? Infinity },
  });
  const [{ metrics }] = await Promise.all([handle.finished, takeRounds(handle, phase, pace)]);
  const ms = pace.elapsedMs;
  if (pace.count !== phase.count) {
    throw new Error(`Cannot count a phase: ${pace.count} records came, and not ${phase.count}`);
  }
  return { ms, ...pace.summary(), metrics };
}

/** A checkpoint after each round but the last, which ends with the run's own. */
async function takeRounds(handle: JobHandle, { count, round }: Phase, pace: Pace): Promise<void> {
  if (round === undefined) return;
  for (; round.opened < count; round.next()) {
    await pace.reached(round.opened);
    await handle.checkpoint();
  }
}

/** What values are cut from. */
const POOL_LENGTH: number = 1 << 20;

let pool = "";

/** Makes what values of this size are cut from, which takes a while: before anything is measured. */
export function preparePayloads(bytes: number): void {
  if (pool.length < POOL_LENGTH + bytes) pool = randomText(POOL_LENGTH + bytes);
}

/** A text of this size, cut from a random one: made as cheaply as a source would, and a compressor finds little in it. */
function payload(seed: number, bytes: number): string {
  preparePayloads(bytes);
  const start = Math.imul(seed + 1, 2_654_435_761) >>> 12;
  return pool.slice(start, start + bytes);
}

function randomText(length: number): string {
  const parts: string[] = [];
  let state = 1;
  for (let written = 0; written < length; written += 5) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    parts.push(state.toString(36).padStart(7, "0").slice(0, 5));
  }
  return parts.join("");
}

/** Counts records by the tenth of a second in which they came. */
class Pace {
  readonly #windows: number[] = [];
  #startedAt = 0;
  #startedCpu = threadMicros();
  #firstMs: number | undefined;
  #firstCpuMs = Infinity;
  #awaited = Infinity;
  #reached: () => void = () => undefined;
  count = 0;

  start(): void {
    this.#startedAt = performance.now();
    this.#startedCpu = threadMicros();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  tick(): void {
    const { elapsedMs } = this;
    if (this.#firstMs === undefined) this.#first(elapsedMs);
    const window = Math.floor(elapsedMs / WINDOW_MS);
    while (this.#windows.length <= window) this.#windows.push(0);
    this.#windows[window] = (this.#windows[window] ?? 0) + 1;
    this.count++;
    if (this.count === this.#awaited) this.#reached();
  }

  /** Resolves when so many records have come. */
  reached(count: number): Promise<void> {
    if (this.count >= count) return Promise.resolve();
    this.#awaited = count;
    return new Promise((resolve) => (this.#reached = resolve));
  }

  #first(elapsedMs: number): void {
    this.#firstMs = elapsedMs;
    this.#firstCpuMs = (threadMicros() - this.#startedCpu) / 1_000;
  }

  summary(): Pick<PhaseResult, "firstRecordMs" | "firstRecordCpuMs" | "fullRateMs"> {
    const later = this.#windows.slice(this.#windows.length >> 1, -1).toSorted((a, b) => a - b);
    const full = later[later.length >> 1] ?? 0;
    const reached = this.#windows.findIndex((records) => records > 0 && records >= 0.9 * full);
    return {
      firstRecordMs: this.#firstMs ?? Infinity,
      firstRecordCpuMs: this.#firstCpuMs,
      fullRateMs: (reached + 1) * WINDOW_MS,
    };
  }
}
