import type { CheckpointRequest } from "../checkpoint/request-queue.ts";
import { type CheckpointDriver, notTaken } from "./checkpoint-driver.ts";
import type { CompletedCheckpoint } from "./metrics.ts";

interface Early {
  readonly kind: CheckpointRequest["kind"];
  readonly resolve: (answer: Promise<CompletedCheckpoint>) => void;
  readonly reject: (error: unknown) => void;
}

/** Those who asked for a checkpoint before one could be taken. */
export class EarlyRequests {
  #waiting: Early[] = [];

  add(kind: CheckpointRequest["kind"]): Promise<CompletedCheckpoint> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind, resolve, reject });
    });
  }

  /** Now they can. */
  answer(driver: CheckpointDriver): void {
    for (const { kind, resolve } of this.#waiting.splice(0)) resolve(driver.request(kind));
  }

  reject(reason: "suspended" | "shutdown"): void {
    for (const { reject } of this.#waiting.splice(0)) reject(notTaken(undefined, reason));
  }
}
