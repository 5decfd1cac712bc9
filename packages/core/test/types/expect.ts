/** Whether two types are the same, `any` and readonly included. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if what it is given is `true`. */
export type Expect<T extends true> = T;

/** The type of the records of a stream. */
export type RecordOf<S> = S extends { map(transform: (value: infer T) => unknown): unknown } ? T : never;
