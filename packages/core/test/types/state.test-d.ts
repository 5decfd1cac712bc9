/** What the compiler knows of state, and refuses. Checked by `npm run check`, never run. */
import { type DeepReadonly, emits, type KeyedStream, type StateHandle, valueState as plainValue } from "@tidemark/core";
import {
  aggregatingState,
  listState,
  mapState,
  reducingState,
  type StandardSchema,
  valueState,
} from "@tidemark/core/state";

import type { Equal, Expect, RecordOf } from "./expect.ts";

interface Visit {
  readonly page: string;
  tags: string[];
}

declare const visits: KeyedStream<string, Visit, "exactly-once">;
declare const userSchema: StandardSchema<unknown, { name: string }>;

const counted = visits.process("count", {
  state: {
    total: valueState(0, { ttl: { after: "1h" } }),
    last: valueState<Visit | undefined>(undefined),
    user: valueState(undefined, { schema: userSchema, version: 1, migrate: { 0: (old: string) => ({ name: old }) } }),
    seen: mapState<string, string[]>({ ttl: { after: "30m", refresh: "read-write", visibility: "until-cleaned" } }),
    all: listState<Visit>(),
    longest: reducingState<string>((one, other) => (one.length > other.length ? one : other)),
    sizes: aggregatingState({
      create: () => ({ sum: 0 }),
      add: (all, visit: Visit) => ({ sum: all.sum + visit.tags.length }),
      result: ({ sum }) => `${sum}`,
    }),
  },
  emits: emits<{ readonly page: string; readonly total: number }>(),
  onRecord: (visit, { state, emit, key }) => {
    const total: number = state.total.get();
    const user = state.user.get();
    const checks: [
      Expect<Equal<typeof user, { readonly name: string } | undefined>>,
      Expect<Equal<typeof key, string>>,
    ] = [true, true];
    void checks;
    const last: DeepReadonly<Visit> | undefined = state.last.get();
    state.last.update(last ?? visit);
    const all: readonly DeepReadonly<Visit>[] = state.all.get();
    state.all.update(all);
    state.longest.add(visit.page);
    const longest: string | undefined = state.longest.get();
    state.sizes.add(visit);
    const sizes: string | undefined = state.sizes.get();
    void [longest, sizes];
    emit({ page: visit.page, total });
    // @ts-expect-error what a state gives out is readonly
    state.seen.get("a")?.push("b");
    // @ts-expect-error all the way down
    last?.tags.push("b");
    // @ts-expect-error so is a list
    all.push(visit);
    // @ts-expect-error an aggregating state takes what its function adds
    state.sizes.add("visit");
    // @ts-expect-error a reducing state takes what it is of
    state.longest.add(7);
    // @ts-expect-error a schema says what a value is
    state.user.update({ nickname: "x" });
    // @ts-expect-error results are of the type that was told
    emit({ page: visit.page });
  },
});
export type Emitted = Expect<Equal<RecordOf<typeof counted>, { readonly page: string; readonly total: number }>>;

export type Values = [
  Expect<Equal<DeepReadonly<number | string | Date>, number | string | Date>>,
  Expect<Equal<DeepReadonly<{ a: { b: number[] } }>, { readonly a: { readonly b: readonly number[] } }>>,
  Expect<Equal<DeepReadonly<Map<string, number[]>>, ReadonlyMap<string, readonly number[]>>>,
  Expect<Equal<DeepReadonly<unknown>, unknown>>,
  Expect<Equal<ReturnType<StateHandle<ReturnType<typeof plainValue<number>>>["get"]>, number>>,
];

// @ts-expect-error the declarations of the main entry take no options
plainValue(0, { ttl: { after: "1h" } });
// @ts-expect-error a time to live is a duration
valueState(0, { ttl: { after: 60 } });
// @ts-expect-error a schema is of the type of the state
valueState(0, { schema: userSchema });
// @ts-expect-error an aggregate adds what it is declared for
aggregatingState({ create: () => 0, add: (all: number, n: string) => all + n, result: (all: number) => all });
