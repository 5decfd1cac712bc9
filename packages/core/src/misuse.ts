/** Misuse that the compiler reports: read the sentence. */
export interface Misuse<Sentence extends string> {
  /** Never there: what is missing is the sentence that the compiler shows. */
  readonly "cannot be used here": Sentence;
}
