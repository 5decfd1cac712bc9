import { ConnectorError } from "../../errors.ts";
import type {
  CommitOutcome,
  CommitRequest,
  Sink,
  SinkCommitter,
  SinkWriter,
  SinkWriterContext,
} from "../../connect/sink.ts";
import type { Effect } from "./effect.ts";
import { Ledger, type CommitWatcher } from "./ledger.ts";
import type { SimProcess } from "./process.ts";
import type { SimWorld } from "./world.ts";

/** What a simulated sink hands to the checkpoint. */
export interface SimCommittable {
  /** Names the rows in the sink's store. */
  readonly name: string;
  /** How many there are. */
  readonly rows: number;
}

/** How a {@link SimSink} behaves. */
export interface SimSinkOptions {
  /** Default: `sink`. */
  readonly name?: string;
  /** Rows that a writer holds before it flushes. Default: 3. */
  readonly bufferMax?: number;
  /** The longest that a flush takes, so that records pile up before the sink. Default: 15. */
  readonly flushMs?: number;
  /** The longest that a commit takes. Default: 0. */
  readonly commitMs?: number;
  /** How often a commit answers "retry", though it may have taken place: from 0 to 1. Default: 0. */
  readonly retries?: number;
  /** After how long what was staged and not committed is gone, as with a broker that ends transactions. Default: never. */
  readonly expireMs?: number;
}

/** A two-phase sink whose staged and committed rows outlive every process. */
export interface SimSink<Row> {
  /** The sink as one process sees it. */
  sink(process: SimProcess): Sink<Row, SimCommittable, "exactly-once">;
  /** All visible rows, in the order in which they became visible. */
  readonly rows: readonly Row[];
  /** What is staged and neither committed nor cleared. */
  readonly open: readonly string[];
  /** Whether the last word of a bounded job was heard. */
  readonly finished: boolean;
  /** Whether a commit came too late, and was refused. */
  readonly hasExpired: boolean;
  /** Takes back what became visible with checkpoints after one, and returns it: the job is going to commit it again. */
  goBack(checkpointId: number): readonly Row[];
}

/** How often one transaction is answered with "retry" at most: a job gives up after ten. */
const RETRIES_MAX = 3;

/**
 * Makes a sink. Flush, prepare, recover and commit are effects; a torn prepare leaves half of the rows, a torn commit
 * only the first of several committables.
 *
 * @param watch called with rows in the moment they become visible.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { simSink, simWorld } from "@tidemark/core/testing";
 *
 * const world = simWorld(1);
 * const out = simSink<string>(world, () => undefined);
 * const process = world.spawn();
 * process.start(() => {
 *   const job = pipeline("words");
 *   job.source("words", fromArray(["ebb", "flow"])).sink("out", out.sink(process));
 *   return run(job, { backend: memory(), env: process.env }).finished;
 * });
 * await world.run(process);
 * console.log(out.rows);
 * // prints ["ebb","flow"]
 * ```
 */
export function simSink<Row>(world: SimWorld, watch: CommitWatcher<Row>, options: SimSinkOptions = {}): SimSink<Row> {
  const name = options.name ?? "sink";
  const shared: Shared<Row> = {
    world,
    name,
    bufferMax: options.bufferMax ?? 3,
    flushMs: options.flushMs ?? 15,
    commitMs: options.commitMs ?? 0,
    retries: options.retries ?? 0,
    expireMs: options.expireMs ?? Infinity,
    ledger: new Ledger<Row>(world, name, watch, options.expireMs),
    asked: new Map(),
    finished: false,
    checkpoints: new Map(),
  };
  return {
    sink: (process) => ({
      name: `simulated sink "${name}"`,
      delivery: "exactly-once",
      createWriter: (context) => new LedgerWriter(shared, process, context),
      createCommitter: (context) => ledgerCommitter(shared, process, context.generation),
    }),
    get rows(): readonly Row[] {
      return shared.ledger.rows;
    },
    get open(): readonly string[] {
      return shared.ledger.open;
    },
    get finished(): boolean {
      return shared.finished;
    },
    get hasExpired(): boolean {
      return shared.ledger.hasExpired;
    },
    goBack(checkpointId) {
      shared.finished = false;
      return shared.ledger.goBack(checkpointId);
    },
  };
}

interface Shared<Row> extends Required<SimSinkOptions> {
  readonly world: SimWorld;
  readonly ledger: Ledger<Row>;
  /** How often each transaction was answered with "retry". */
  readonly asked: Map<string, number>;
  finished: boolean;
  /** The newest checkpoint id that each subtask prepared, with its generation. */
  readonly checkpoints: Map<number, { readonly generation: number; readonly checkpointId: number }>;
}

class LedgerWriter<Row> implements SinkWriter<Row, SimCommittable> {
  readonly #shared: Shared<Row>;
  readonly #process: SimProcess;
  readonly #context: SinkWriterContext;
  #rows: Row[] = [];
  #flushed = 0;
  #cuts = 0;
  #isDraining = false;
  /** The flushes of the transaction that is being filled. */
  #flushing: Promise<void> = Promise.resolve();

  constructor(shared: Shared<Row>, process: SimProcess, context: SinkWriterContext) {
    this.#shared = shared;
    this.#process = process;
    this.#context = context;
  }

  get #transaction(): string {
    return `g${this.#context.generation}-s${this.#context.subtask}-t${this.#cuts}`;
  }

  get full(): boolean {
    return this.#rows.length >= this.#shared.bufferMax;
  }

  write(values: readonly Row[]): void {
    if (this.#isDraining) this.#shared.world.violation(`bounds: ${this.#shared.name} gets rows while it is drained`);
    this.#rows.push(...values);
  }

  async drained(): Promise<void> {
    if (!this.full) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#flushed += rows.length;
    this.#flushing = this.#stage(this.#flushing, "flush", this.#transaction, rows, false);
    this.#isDraining = true;
    await this.#flushing;
    this.#isDraining = false;
  }

  async prepareCommit(checkpointId: number): Promise<readonly SimCommittable[]> {
    this.#checkId(checkpointId);
    const rows = this.#rows;
    const name = this.#transaction;
    const count = this.#flushed + rows.length;
    const flushing = this.#flushing;
    this.#rows = [];
    this.#flushed = 0;
    this.#cuts++;
    this.#flushing = Promise.resolve();
    if (count === 0) return [];
    await this.#stage(flushing, "prepare", name, rows, true);
    return [{ name, rows: count }];
  }

  async #stage(
    previous: Promise<void>,
    verb: string,
    name: string,
    rows: readonly Row[],
    sealed: boolean,
  ): Promise<void> {
    const { ledger } = this.#shared;
    const { generation } = this.#context;
    await previous;
    await this.#process.effect(
      act(this.#shared.name, verb, {
        apply: () => ledger.stage(name, generation, rows, sealed),
        torn: [() => ledger.stage(name, generation, rows.slice(0, rows.length >> 1), false)],
        slowMs: sealed ? 0 : this.#shared.flushMs,
      }),
    );
  }

  /** Ids of checkpoints grow, within a life and from one life to the next. */
  #checkId(checkpointId: number): void {
    const { generation, subtask } = this.#context;
    const last = this.#shared.checkpoints.get(subtask);
    if (last !== undefined && generation >= last.generation && checkpointId <= last.checkpointId) {
      this.#shared.world.violation(
        `${this.#shared.name}: checkpoint ${checkpointId} of generation ${generation} reuses an id, ` +
          `${last.checkpointId} of generation ${last.generation} was prepared before`,
      );
    }
    this.#shared.checkpoints.set(subtask, { generation, checkpointId });
  }

  async close(): Promise<void> {}
}

function ledgerCommitter<Row>(
  shared: Shared<Row>,
  process: SimProcess,
  generation: number,
): SinkCommitter<SimCommittable> {
  const { ledger } = shared;
  const commitOne = (request: CommitRequest<SimCommittable>): CommitOutcome => {
    const { checkpointId } = request;
    const { name, rows } = request.committable;
    const asked = shared.asked.get(name) ?? 0;
    const isUnsure = shared.retries > 0 && asked < RETRIES_MAX && shared.world.random.chance(shared.retries);
    if (!isUnsure) return ledger.commit(name, rows, generation, checkpointId);
    shared.asked.set(name, asked + 1);
    if (shared.world.random.chance(0.5)) ledger.commit(name, rows, generation, checkpointId);
    return "retry";
  };
  return {
    recover: (requests) => {
      const names = requests.map((request) => request.committable.name);
      return process.effect(act(shared.name, "recover", { apply: () => ledger.recover(generation, names) }));
    },
    commit: (requests) => {
      for (let index = 1; index < requests.length; index++) {
        if (requests[index]!.checkpointId < requests[index - 1]!.checkpointId) {
          shared.world.violation(`${shared.name}: a newer checkpoint was committed before an older one`);
        }
      }
      const torn = requests.slice(1).map((_, index) => () => void requests.slice(0, index + 1).map(commitOne));
      return process.effect(
        act(shared.name, "commit", { apply: () => requests.map(commitOne), torn, slowMs: shared.commitMs }),
      );
    },
    finish: () =>
      process.effect(
        act(shared.name, "finish", {
          apply: () => {
            shared.finished = true;
          },
        }),
      ),
    close: async () => {},
  };
}

function act<T>(sink: string, verb: string, parts: Pick<Effect<T>, "apply" | "torn" | "slowMs">): Effect<T> {
  return {
    name: `${sink}.${verb}`,
    remote: true,
    ...parts,
    failure: () => new ConnectorError("SINK_IO", `Cannot ${verb} in "${sink}": connection reset`, { retryable: true }),
  };
}
