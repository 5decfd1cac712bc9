/**
 * What the store over segments needs of a medium. A name is written once; writing it again, after an answer was lost,
 * writes the same bytes. Bytes that are handed in do not change any more.
 */
export interface SegmentIo {
  /** Durable, as far as the medium is, when it resolves. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** A range of an object, shorter where the object ends; `undefined` if there is no such object. */
  get(name: string, range: { readonly offset: number; readonly length: number }): Promise<Uint8Array | undefined>;
  /** All of an object, of a medium that holds it in memory: then nothing is cached. `undefined` if there is none. */
  resident?(name: string): Uint8Array | undefined;
  /** Deletes objects. A name that names nothing is no error. */
  delete(names: readonly string[]): Promise<void>;
  /** All names, in any order. */
  list(): Promise<readonly string[]>;
}
