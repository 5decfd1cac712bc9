/** Misuse that the compiler reports: read the sentence. */
export interface Misuse<Sentence extends string> {
  /** Never there: what is missing is the sentence that the compiler shows. */
  readonly "cannot be used here": Sentence;
}

/**
 * What a function gives that is called in its turn: nothing, or anything that nobody has to wait for. Where `void` stands
 * alone, the compiler lets a promise through.
 */
export type InTurn =
  | void
  | null
  | string
  | number
  | bigint
  | boolean
  | symbol
  | (object & {
      /** Never there. */
      readonly then?: Misuse<"This function is called in its turn, and nothing waits for a promise that it gives. Use asyncMap of @tidemark/core/async in a step of its own.">;
    });
