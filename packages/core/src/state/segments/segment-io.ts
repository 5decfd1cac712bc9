/**
 * What the store over segments needs of a medium. A name is written by one seal only; writing it again, after an answer
 * was lost, writes the same bytes.
 */
export interface SegmentIo {
  /** Durable, as far as the medium is, when it resolves. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` if there is no such segment. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Deletes segments. A name that names nothing is no error. */
  delete(names: readonly string[]): Promise<void>;
  /** All names, in any order. */
  list(): Promise<readonly string[]>;
}
