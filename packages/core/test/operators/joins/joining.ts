import fc from "fast-check";
import type { Join, JoinSpec } from "../../../src/operators/joins/join.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import type { Happening, Item } from "../../reference/joins.ts";
import type { Call, Outcome, Timed } from "../harness.ts";

/** The key of an item. */
export const keyOf = (value: unknown): number => (value as Item).key;

/** The operator of a join of {@link Item}s, which says who met whom. Late ones go to side outputs of their side's name. */
export function joining(join: Join, changes: Partial<JoinSpec> = {}): OperatorFactory {
  const combine = (left: unknown, right: unknown): string => {
    if (Array.isArray(left)) return `${idsOf(left as Item[])}|${idsOf(right as Item[])}`;
    const { id } = left as Item;
    return right === undefined ? `${id} alone` : `${id}+${(right as Item).id}`;
  };
  return join.plan({ id: "j", keys: [keyOf, keyOf], combine, late: ["left", "right"], ...changes }).create;
}

/** Sorted: of sessions that grow together each keeps its own order. */
function idsOf(items: readonly Item[]): string {
  return items
    .map(({ id }) => id)
    .toSorted((one, other) => one - other)
    .join(" ");
}

/** Records of one key, by id and time. */
export const left = (...records: readonly (readonly [id: number, at: number, key?: number])[]): Call =>
  batch(0, records);
export const right = (...records: readonly (readonly [id: number, at: number, key?: number])[]): Call =>
  batch(1, records);
export const watermark = (time: number): Call => ({ kind: "watermark", time });

function batch(input: number, records: readonly (readonly [id: number, at: number, key?: number])[]): Call {
  return { kind: "batch", input, records: records.map(([id, at, key = 0]): Timed => [{ key, id } satisfies Item, at]) };
}

/** What came out of the main output, in order: `1+2 at 30`. */
export const lines = ({ main }: Outcome): readonly string[] => main.map(([text, at]) => `${String(text)} at ${at}`);

/** A random run: few keys and times, so that records meet, and now and then come late. */
export const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        side: fc.constantFrom(0 as const, 1 as const),
        key: fc.nat(2),
        at: fc.integer({ min: -30, max: 60 }),
      }),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) },
  ),
  { maxLength: 60 },
);
