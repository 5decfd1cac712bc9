/** Misuse that the compiler reports: read the sentence. */
export interface Misuse<Sentence extends string> {
  readonly "cannot be used here": Sentence;
}
