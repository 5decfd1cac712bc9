/** Rows of every type but promises come through a step as they are. Checked by `npm run check`, never run. */
import { type Source, type SourceSplit, pipeline, type Stream } from "@tidemark/core";
import { innerJoin } from "@tidemark/core/joins";

import type { Equal, Expect, RecordOf } from "./expect.ts";

interface Visit {
  readonly page: string;
  readonly seconds: number;
  readonly from?: string;
  readonly kind: "first" | "again";
}
type Shape = { readonly type: "circle"; readonly radius: number } | { readonly type: "square"; readonly side: number };

declare const source: Source<Visit, SourceSplit, unknown, true>;
const visits = pipeline("visits").source("visits", source);

const literals = visits.map(() => "a word");
export type Literal = Expect<Equal<RecordOf<typeof literals>, string>>;
const kinds = visits.map(({ kind }) => kind);
export type LiteralUnion = Expect<Equal<RecordOf<typeof kinds>, "first" | "again">>;
const flags = visits.map(({ seconds }) => seconds > 3);
export type Flag = Expect<Equal<RecordOf<typeof flags>, boolean>>;
const perhaps = visits.map(({ seconds }) => (seconds > 3 ? seconds : undefined));
export type Perhaps = Expect<Equal<RecordOf<typeof perhaps>, number | undefined>>;
const nulls = visits.map(() => null);
export type Null = Expect<Equal<RecordOf<typeof nulls>, null>>;
const unknowns = visits.map(({ page }) => JSON.parse(page) as unknown);
export type Unknown = Expect<Equal<RecordOf<typeof unknowns>, unknown>>;
const parsed = visits.map(({ page }) => JSON.parse(page));
// oxlint-disable-next-line typescript/no-explicit-any -- what JSON.parse gives
export type Any = Expect<Equal<RecordOf<typeof parsed>, any>>;
const tuples = visits.map(({ page, seconds }): [string, number] => [page, seconds]);
export type Tuple = Expect<Equal<RecordOf<typeof tuples>, [string, number]>>;
const shapes = visits.map(({ seconds }): Shape => ({ type: "circle", radius: seconds }));
export type Union = Expect<Equal<RecordOf<typeof shapes>, Shape>>;
const named = visits.map(String);
export type NamedFunction = Expect<Equal<RecordOf<typeof named>, string>>;
const given = visits.map<{ readonly page: string }>(({ page }) => ({ page }));
export type GivenType = Expect<Equal<RecordOf<typeof given>, { readonly page: string }>>;
const chained = visits.map(({ seconds }) => ({ seconds })).map(({ seconds }) => seconds.toFixed());
export type Chained = Expect<Equal<RecordOf<typeof chained>, string>>;
const doubled = visits.flatMap(({ page, from }) => [page, from]);
export type Expanded = Expect<Equal<RecordOf<typeof doubled>, string | undefined>>;

const byPage = visits.keyBy(({ page }) => page);
const joined = byPage.join("both", byPage, innerJoin({ retention: "1h" }), (left, right) => [left.kind, right.from]);
export type Joined = Expect<Equal<RecordOf<typeof joined>, (string | undefined)[]>>;

/** Of records of which one thing is known. */
export function tagged<T extends object>(rows: Stream<T>): Stream<T & { tag: number }> {
  return rows.map((row) => ({ ...row, tag: 1 }));
}

/** Of values of which it is known that they are no promises, since they are wrapped. */
export function wrapped<V>(rows: Stream<V>): Stream<{ value: V }> {
  return rows.map((value) => ({ value }));
}

/** Of values of which nothing is known but that they are there. */
export function unwrapped<V extends {} | null>(rows: Stream<{ value: V }>): Stream<V> {
  return rows.map(({ value }) => value);
}

/** Of anything: a promise could be among it. */
export function anything<V>(rows: Stream<{ value: V }>): unknown {
  // @ts-expect-error Type 'V' is not assignable to type 'NoPromise<V>'.
  return rows.map(({ value }) => value);
}
