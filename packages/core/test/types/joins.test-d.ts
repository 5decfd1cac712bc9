/** What the compiler knows of joins without being told. Checked by `npm run check`, never run. */
import { type KeyedStream, type Stream, sideOutput } from "@tidemark/core";
import { coGroup, leftTemporalJoin, temporalJoin, windowJoin } from "@tidemark/core/joins";
import { countTrigger, session, tumbling } from "@tidemark/core/windows";

import type { Equal, Expect, RecordOf } from "./expect.ts";

interface View {
  readonly page: string;
  readonly seconds: number;
}

interface Sale {
  readonly page: string;
  readonly cents: number;
}

declare const views: KeyedStream<string, View, "exactly-once">;
declare const sales: KeyedStream<string, Sale, "exactly-once">;

const paired = views.join("paired", sales, windowJoin(tumbling("1h")), (view, sale, key, window) => ({
  view,
  sale,
  key,
  from: window.start,
}));
export type Paired = Expect<
  Equal<typeof paired, Stream<{ view: View; sale: Sale; key: string; from: number }, "exactly-once">>
>;

const grouped = views.join("grouped", sales, coGroup(session("1h")), (viewed, sold, key, { end }) => ({
  viewed,
  sold,
  key,
  end,
}));
export type Grouped = Expect<
  Equal<RecordOf<typeof grouped>, { viewed: readonly View[]; sold: readonly Sale[]; key: string; end: number }>
>;

const priced = views.join("priced", sales, temporalJoin(), ({ seconds }, { cents }) => cents / seconds, {
  lateLeft: sideOutput<View>("late"),
});
export type Priced = Expect<Equal<RecordOf<typeof priced>, number>>;

const perhaps = views.join("perhaps", sales, leftTemporalJoin(), (_view, sale) => sale);
export type Perhaps = Expect<Equal<RecordOf<typeof perhaps>, Sale | undefined>>;

const deleted = views.join(
  "deleted",
  sales,
  temporalJoin({ deleteWhen: (row) => row.cents === 0 }),
  (_view, sale) => sale,
);
export type Deleted = Expect<Equal<RecordOf<typeof deleted>, Sale>>;
// @ts-expect-error what deletes rows is asked about rows, not about left records
views.join("not-rows", sales, temporalJoin({ deleteWhen: (row) => row.seconds === 0 }), () => 0);

// @ts-expect-error there is no window in which they meet
views.join("none", sales, temporalJoin(), (_view, _sale, _key, window) => window.start);
// @ts-expect-error the window may be of any kind, and its trigger sees what is joined
views.join("other", sales, windowJoin(session((other: { gap: number }) => other.gap)), () => 0);
views.join("gaps", sales, windowJoin(session((of: { page: string }) => of.page.length)), () => 0);
views.join("counted", sales, coGroup(tumbling("1h"), { trigger: countTrigger(3) }), () => 0, {
  // @ts-expect-error late left records are views
  lateLeft: sideOutput<Sale>("sales"),
});
