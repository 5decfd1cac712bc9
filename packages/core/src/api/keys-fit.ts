import type { Misuse } from "./guarantee.ts";

/** Lets only streams through whose keys are of one type: records meet by the bytes of their keys. */
export type KeysFit<K, Other> = [Other] extends [K]
  ? unknown
  : [K] extends [Other]
    ? unknown
    : Misuse<"The keys of these streams are of different types, so their records would never meet. Give both keyBy(...) keys of one type.">;
