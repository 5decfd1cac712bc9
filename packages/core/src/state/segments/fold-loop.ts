import { isTidemarkError, messageOf } from "../../errors.ts";
import { lastly } from "../../lastly.ts";
import type { FoldQueue } from "./fold-queue.ts";
import type { SegmentMedium } from "./medium.ts";

/** What a {@link FoldLoop} is made of. */
export interface FoldLoopOptions {
  readonly medium: SegmentMedium;
  readonly owner: string;
  readonly queue: FoldQueue;
  readonly isDue: () => boolean;
  /** Folds what is due, if it still is when its turn has come. */
  readonly fold: () => Promise<void>;
}

/** Folds in the background as long as something is due, and keeps what the last fold failed with. */
export class FoldLoop {
  readonly #options: FoldLoopOptions;
  #running: Promise<void> | undefined = undefined;
  #failure: { readonly error: unknown } | undefined = undefined;
  #isStopped = false;

  constructor(options: FoldLoopOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What is running, if something is. It never fails. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Folds what is due, and resolves when nothing is, or when it failed: whoever depends on it asks. */
  wake(): Promise<void> {
    this.#running ??= lastly(this.#run(), () => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * To be asked by whoever can go on no longer, or for now.
   *
   * @throws what the last fold failed with: in any case, or what will not mend.
   */
  assertWell(which: "any failure" | "lasting failures"): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    if (which === "any failure" || !isTidemarkError(error) || !error.retryable) throw error;
  }

  /** From now on nothing is folded. A fold that is under way ends with its next slice, without an effect. */
  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    const { queue, medium, owner, isDue, fold } = this.#options;
    this.#failure = undefined;
    try {
      while (!this.#isStopped && isDue()) await queue.run(async () => (this.#isStopped ? undefined : fold()));
    } catch (error) {
      this.#failure = { error };
      if (this.#isStopped) return;
      medium.env.log({ level: "warn", message: `The state of "${owner}" could not be folded: ${messageOf(error)}` });
    }
  }
}
