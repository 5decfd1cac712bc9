/** Misuse that the compiler reports: read the sentence. */
export interface Misuse<Sentence extends string> {
  /** Never there: what is missing is the sentence that the compiler shows. */
  readonly "cannot be used here": Sentence;
}

/**
 * Lets any row through but a promise: no step waits for one. Rows of type `unknown` pass, and are looked at when they come. The row of a
 * function with a type parameter of its own passes if that extends something: `<R extends {} | null>`.
 *
 * @typeParam R the row.
 */
export type NoPromise<R> = unknown extends R
  ? unknown
  : | void
    | null
    | undefined
    | {
        /** Never there. */
        readonly then?: Misuse<"This function gives a promise, and nothing waits for it in this step. Use asyncMap of @tidemark/core/async in its place.">;
      };

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
