/** Which of the numbered records of an input take part in a run. */
export class Selection {
  /** Those that take part, ascending. */
  readonly numbers: readonly number[];
  readonly #set: ReadonlySet<number>;

  /** Takes each of the numbers once, in any order. */
  constructor(numbers: Iterable<number>) {
    this.numbers = [...numbers].sort((left, right) => left - right);
    this.#set = new Set(this.numbers);
  }

  /** All of `size` records. */
  static all(size: number): Selection {
    return new Selection(Array.from({ length: size }, (_, index) => index));
  }

  /** Whether a record takes part. */
  has(number: number): boolean {
    return this.#set.has(number);
  }

  /** How many records take part. */
  get size(): number {
    return this.numbers.length;
  }

  /** As text: `0-3.7`. None: `none`. */
  toString(): string {
    const ranges: [first: number, last: number][] = [];
    for (const number of this.numbers) {
      const range = ranges.at(-1);
      if (range !== undefined && range[1] === number - 1) range[1] = number;
      else ranges.push([number, number]);
    }
    return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(".") || "none";
  }

  /** Reads what {@link toString} wrote. @throws {RangeError} if the text is no selection. */
  static parse(text: string): Selection {
    if (text === "none") return new Selection([]);
    const numbers = text.split(".").flatMap((range) => {
      const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
      if (first === undefined || Number(last) < Number(first)) {
        throw new RangeError(`Cannot read the records "${text}": expected ranges such as 0-3.7`);
      }
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
    });
    return new Selection(numbers);
  }
}
