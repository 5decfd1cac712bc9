/** How many records the sources of a run may still read, all together; and whether they are to stop. */
export class RecordBudget {
  #remaining: number;
  #read = 0;

  constructor(limit: number) {
    this.#remaining = limit;
  }

  get remaining(): number {
    return this.#remaining;
  }

  /** All records read so far. */
  get read(): number {
    return this.#read;
  }

  get isSpent(): boolean {
    return this.#remaining <= 0;
  }

  spend(records: number): void {
    this.#remaining -= records;
    this.#read += records;
  }

  /** Nothing more is to be read. */
  stop(): void {
    this.#remaining = 0;
  }
}
