import { END_OF_TIME, NO_TIMESTAMP } from "./timestamps.ts";

/**
 * Whether an input still counts: an **idle** one is left out until it speaks again; a **finished** one is left out for
 * ever, and never stands for the end of time while another input is merely idle.
 */
export type InputStatus = "active" | "idle" | "finished";

interface Input {
  watermark: number;
  status: InputStatus;
  /** An input that was idle counts again only when it has caught up with what was already announced. */
  aligned: boolean;
}

/** What an event changed for those downstream. */
export interface MergeChange {
  /** The merged watermark, if it advanced. */
  readonly watermark: number | undefined;
  /** The merged status, if it changed. */
  readonly status: InputStatus | undefined;
}

const NO_CHANGE: MergeChange = { watermark: undefined, status: undefined };

/**
 * Merges the watermarks of several inputs: the least of the active ones, and it never goes back. With all inputs idle
 * the greatest of them is announced once. (The idle rules are those of Apache Flink's status watermark valve.)
 */
export class WatermarkMerge {
  readonly #inputs: Input[];
  #watermark = NO_TIMESTAMP;
  #status: InputStatus = "active";

  constructor(inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => ({ watermark: NO_TIMESTAMP, status: "active", aligned: true }));
  }

  /** The merged watermark. */
  get watermark(): number {
    return this.#watermark;
  }

  /** The merged status. */
  get status(): InputStatus {
    return this.#status;
  }

  /**
   * An input's watermark advanced. A lower one than before is ignored. The end of time is the end of the input: it must
   * not be taken for progress while others are idle.
   */
  advance(index: number, watermark: number): MergeChange {
    if (watermark === END_OF_TIME) return this.setStatus(index, "finished");
    const input = this.#at(index);
    if (watermark <= input.watermark || input.status === "finished") return NO_CHANGE;
    input.watermark = watermark;
    if (!input.aligned && watermark >= this.#watermark) input.aligned = true;
    return this.#recompute();
  }

  /** An input fell idle, spoke again, or ended. */
  setStatus(index: number, status: InputStatus): MergeChange {
    const input = this.#at(index);
    if (input.status === status || input.status === "finished") return NO_CHANGE;
    input.status = status;
    if (status === "active") input.aligned = input.watermark >= this.#watermark;
    return this.#recompute();
  }

  #at(index: number): Input {
    const input = this.#inputs[index];
    if (input === undefined) {
      throw new RangeError(`Cannot merge the watermark of input ${index}: there is no such input`);
    }
    return input;
  }

  #recompute(): MergeChange {
    const status = this.#mergedStatus();
    const merged = this.#mergedWatermark(status);
    const change: MergeChange = {
      watermark: merged > this.#watermark ? merged : undefined,
      status: status === this.#status ? undefined : status,
    };
    if (change.watermark !== undefined) this.#watermark = change.watermark;
    this.#status = status;
    return change.watermark === undefined && change.status === undefined ? NO_CHANGE : change;
  }

  #mergedStatus(): InputStatus {
    let idle = false;
    for (const input of this.#inputs) {
      if (input.status === "active") return "active";
      if (input.status === "idle") idle = true;
    }
    return idle ? "idle" : "finished";
  }

  #mergedWatermark(status: InputStatus): number {
    if (status === "finished") return END_OF_TIME;
    let least = END_OF_TIME;
    let greatest = NO_TIMESTAMP;
    for (const input of this.#inputs) {
      if (input.status === "active" && input.aligned && input.watermark < least) least = input.watermark;
      if (input.status === "idle" && input.watermark > greatest) greatest = input.watermark;
    }
    if (status === "idle") return greatest;
    // With no aligned input nothing is known: stay.
    return least === END_OF_TIME && !this.#anyAligned() ? this.#watermark : least;
  }

  #anyAligned(): boolean {
    return this.#inputs.some((input) => input.status === "active" && input.aligned);
  }
}
