import type { EnumeratorContext, SourceSplit, SplitEnumerator } from "@tidemark/core";

/** What a {@link FixedSplits} keeps in a checkpoint. */
export interface FixedSplitsState<Split> {
  /** Whether the splits of the source have been found. */
  readonly discovered: boolean;
  /** Those that no reader was given yet. */
  readonly remaining: readonly Split[];
}

/**
 * Finds the splits of a source once, at its first start, and deals all of them out at once: a split that waits its turn
 * while others are read would come late as a whole.
 */
export class FixedSplits<Split extends SourceSplit> implements SplitEnumerator<FixedSplitsState<Split>> {
  readonly #context: EnumeratorContext<Split>;
  readonly #discover: () => Promise<readonly Split[]>;
  readonly #check: () => Promise<void>;
  #discovered: boolean;
  #remaining: Split[];

  /**
   * @param discover finds the splits, at the first start.
   * @param check says whether the source is still the one it was, at every start. Default: it is.
   */
  constructor(
    context: EnumeratorContext<Split>,
    restored: FixedSplitsState<Split> | undefined,
    discover: () => Promise<readonly Split[]>,
    check: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#context = context;
    this.#discover = discover;
    this.#check = check;
    this.#discovered = restored?.discovered ?? false;
    this.#remaining = [...(restored?.remaining ?? [])];
  }

  async start(): Promise<void> {
    await this.#check();
    if (!this.#discovered) {
      this.#remaining.push(...(await this.#discover()));
      this.#discovered = true;
    }
    const { parallelism } = this.#context;
    this.#remaining.splice(0).forEach((split, index) => this.#context.assign(index % parallelism, split));
    for (let subtask = 0; subtask < parallelism; subtask++) this.#context.noMoreSplits(subtask);
  }

  handleSplitRequest(subtask: number): void {
    this.#context.noMoreSplits(subtask);
  }

  snapshot(): FixedSplitsState<Split> {
    return { discovered: this.#discovered, remaining: [...this.#remaining] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
