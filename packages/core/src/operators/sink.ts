import type { AnySink, SinkWriter } from "../connect/sink.ts";
import { encodeValue } from "../state/value-codec.ts";
import type { Batch } from "./batch.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory, OperatorSnapshot } from "./operator.ts";
import { DONE, PENDING, type Progress } from "./progress.ts";

/** Hands records to a sink's writer, and at each barrier takes from it what is to be committed. */
export function sinkOperator(id: string, sink: AnySink<unknown>): OperatorFactory {
  return (context) => new SinkOperator(id, sink, context);
}

interface Prepared {
  readonly checkpointId: number;
  /** `undefined` while the writer is still making it durable. */
  committables: readonly Uint8Array[] | undefined;
}

class SinkOperator implements Operator {
  readonly id: string;
  readonly #context: OperatorContext;
  readonly #writer: SinkWriter<unknown, unknown>;
  readonly #transactional: boolean;
  /** What was cut and is not known to be settled, oldest first. */
  #prepared: Prepared[] = [];
  #draining = false;

  constructor(id: string, sink: AnySink<unknown>, context: OperatorContext) {
    this.id = id;
    this.#context = context;
    this.#transactional = sink.createCommitter !== undefined;
    const { env, job, subtask, parallelism, generation } = context;
    this.#writer = sink.createWriter({ env, job, sinkId: id, subtask, parallelism, generation });
  }

  batch(_input: number, batch: Batch): Progress {
    this.#writer.write(batch.values, batch.timestamps);
    return this.resume();
  }

  resume(): Progress {
    if (this.#draining) return PENDING;
    if (!this.#writer.full) return DONE;
    this.#draining = true;
    this.#context.requests.start(
      () => this.#writer.drained(),
      () => {
        this.#draining = false;
      },
    );
    return PENDING;
  }

  cut(checkpointId: number): OperatorCut {
    const prepared: Prepared = { checkpointId, committables: undefined };
    this.#prepared.push(prepared);
    this.#context.requests.start(
      () => this.#writer.prepareCommit(checkpointId),
      (committables) => {
        prepared.committables = this.#transactional ? committables.map((committable) => encodeValue(committable)) : [];
      },
    );
    return { snapshot: () => this.#snapshot(checkpointId) };
  }

  #snapshot(checkpointId: number): OperatorSnapshot | undefined {
    const committables: { checkpointId: number; bytes: Uint8Array }[] = [];
    for (const prepared of this.#prepared) {
      if (prepared.checkpointId > checkpointId) break;
      if (prepared.committables === undefined) return undefined;
      for (const bytes of prepared.committables) committables.push({ checkpointId: prepared.checkpointId, bytes });
    }
    return { operatorId: this.id, committables };
  }

  completed(checkpointId: number): void {
    this.#prepared = this.#prepared.filter((prepared) => prepared.checkpointId > checkpointId);
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}
