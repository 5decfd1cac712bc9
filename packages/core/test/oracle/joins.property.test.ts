// runtimes: node24
/** Joins and asynchronous steps in whole jobs, against plain loops over everything that comes. */
import { test } from "node:test";

import { emits, type Join, type Stream, valueState } from "@tidemark/core";
import { asyncMap } from "@tidemark/core/async";
import {
  coGroup,
  innerJoin,
  intervalJoin,
  leftJoin,
  leftTemporalJoin,
  temporalJoin,
  windowJoin,
} from "@tidemark/core/joins";
import { session, sliding, tumbling } from "@tidemark/core/windows";
import fc from "fast-check";

import { gridSpans, type Item, type Result, sessionsInTime, spanMeaning } from "../reference/windows.ts";
import { anyInputs, type Input, itemsOf, ownKeyOf, punctualInputs } from "./input.ts";
import { agrees, JOBS, type Items, step, type Steps, STREAMS } from "./trial.ts";

const keyOf = ({ key }: Item): number => key;
const show = (left: Item, right: Item | undefined): string => `${left.id}+${right?.id ?? "none"}`;

const joined = (left: Items, right: Items, id: string, join: Join): Stream<string, "exactly-once"> =>
  left.keyBy(keyOf).join(id, right.keyBy(keyOf), join as ReturnType<typeof leftJoin>, show);

/** Every pair of one key whose times are as a join wants them. */
function pairs(left: Input, right: Input, meets: (left: number, right: number) => boolean): readonly string[] {
  return itemsOf(left).flatMap((one) =>
    itemsOf(right)
      .filter((other) => one.key === other.key && meets(one.at, other.at))
      .map((other) => show(one, other)),
  );
}

/** The left records that meet none. */
function alone(left: Input, right: Input, meets: (left: number, right: number) => boolean): readonly string[] {
  return itemsOf(left)
    .filter((one) => !itemsOf(right).some((other) => one.key === other.key && meets(one.at, other.at)))
    .map((one) => show(one, undefined));
}

const isDeletion = ({ at }: Item): boolean => at % 3 === 0;
/** The time of the row of a table that is valid at the time of a record: of two rows of one time either would do. */
const rowTimeText = (left: Item, right: { readonly at: number } | undefined): string =>
  `${left.id} with ${right?.at ?? "none"}`;

const kinds = {
  tumbling: [tumbling("20ms"), (items: readonly Item[]) => spanMeaning(items, gridSpans(20, 20, 0), 0).results],
  sliding: [sliding("30ms", "10ms"), (items: readonly Item[]) => spanMeaning(items, gridSpans(30, 10, 0), 0).results],
  session: [session("7ms"), (items: readonly Item[]) => sessionsInTime(items, () => 7)],
} as const;
const kind = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]));

/** What shares a window, of each side. Right ids are told from left ones by their sign. */
function shared(name: keyof typeof kinds, left: Input, right: Input): readonly (readonly [number[], number[]])[] {
  const marked = itemsOf(right).map((item) => ({ ...item, id: -item.id - 1 }));
  const results: readonly Result[] = kinds[name][1]([...itemsOf(left), ...marked]);
  return results.map(({ ids }) => [
    ids.filter((id) => id >= 0).toSorted((a, b) => a - b),
    ids
      .filter((id) => id < 0)
      .map((id) => -id - 1)
      .toSorted((a, b) => a - b),
  ]);
}

const sorted = (items: readonly Item[]): string =>
  items
    .map(({ id }) => id)
    .toSorted((a, b) => a - b)
    .join(" ");

const joins: Steps = {
  intervalJoin: step(
    fc.tuple(fc.integer({ min: -20, max: 20 }), fc.nat(20)),
    (left, [from, length], right) =>
      joined(left, right, "interval", intervalJoin({ from: `${from}ms`, to: `${from + length}ms` })),
    (left, [from, length], right) =>
      pairs(left, right, (one, other) => other - one >= from && other - one <= from + length),
  ),
  "innerJoin and leftJoin": step(
    fc.record({ left: fc.nat(20), right: fc.nat(20), isOuter: fc.boolean() }),
    (left, { isOuter, ...ms }, right) => {
      const retention = { left: `${ms.left}ms`, right: `${ms.right}ms` } as const;
      return joined(left, right, "retention", isOuter ? leftJoin({ retention }) : innerJoin({ retention }));
    },
    (left, { isOuter, ...ms }, right) => {
      const meets = (one: number, other: number): boolean => other - one <= ms.left && one - other <= ms.right;
      return [...pairs(left, right, meets), ...(isOuter ? alone(left, right, meets) : [])];
    },
  ),
  "temporalJoin and leftTemporalJoin": step(
    fc.record({ isOuter: fc.boolean(), rememberMs: fc.constantFrom(0, 5, 30) }),
    (left, { isOuter, rememberMs }, right) => {
      const options = { deleteWhen: isDeletion, rememberDeletions: `${rememberMs}ms` } as const;
      const [lefts, rights] = [left.keyBy(keyOf), right.keyBy(keyOf)];
      return isOuter
        ? lefts.join("table", rights, leftTemporalJoin(options), rowTimeText)
        : lefts.join("table", rights, temporalJoin(options), rowTimeText);
    },
    (left, { isOuter }, right) =>
      itemsOf(left).flatMap((one) => {
        const times = itemsOf(right).filter(({ key, at }) => key === one.key && at <= one.at);
        const row = times.toSorted((a, b) => a.at - b.at).at(-1);
        if (row !== undefined && !isDeletion(row)) return [rowTimeText(one, row)];
        return isOuter ? [rowTimeText(one, undefined)] : [];
      }),
  ),
  windowJoin: step(
    kind,
    (left, name, right) =>
      left
        .keyBy(keyOf)
        .join("windows", right.keyBy(keyOf), windowJoin(kinds[name][0]), (one, other) => show(one, other)),
    (left, name, right) =>
      shared(name, left, right).flatMap(([ones, others]) =>
        ones.flatMap((one) => others.map((other) => `${one}+${other}`)),
      ),
  ),
  coGroup: step(
    kind,
    (left, name, right) =>
      left
        .keyBy(keyOf)
        .join(
          "groups",
          right.keyBy(keyOf),
          coGroup(kinds[name][0]),
          (ones, others) => `${sorted(ones)}|${sorted(others)}`,
        ),
    (left, name, right) => shared(name, left, right).map(([ones, others]) => `${ones.join(" ")}|${others.join(" ")}`),
  ),
};

const calls = fc.record({
  isOrdered: fc.boolean(),
  isKeyed: fc.boolean(),
  capacity: fc.integer({ min: 1, max: 4 }),
});

/** Takes as long as the record says, and fails at first for some. */
async function answer(item: Item, attempt: number): Promise<Item> {
  for (let turn = 0; turn < item.gap % 5; turn++) await Promise.resolve();
  if (attempt === 1 && item.gap % 4 === 0) throw new Error("once more");
  return { ...item, gap: item.gap * 2 };
}

const asynchronous: Steps = {
  asyncMap: step(
    calls,
    (stream, { isOrdered, isKeyed, capacity }) => {
      const call = asyncMap((item: Item, { attempt }) => answer(item, attempt), {
        order: isOrdered ? "ordered" : "unordered",
        capacity,
        retry: { attempts: 2, initialDelay: "1ms" },
      });
      const results = isKeyed ? stream.keyBy(ownKeyOf).pipe("call", call) : stream.pipe("call", call);
      // Without keys the records of a key may have been called for by several subtasks, at another parallelism than before.
      const inOrder = isOrdered && isKeyed;
      return results.keyBy(ownKeyOf).process("numbered", {
        state: { count: valueState(0) },
        emits: emits<string>(),
        onRecord({ id, gap }, { state: { count }, emit }) {
          count.update(count.get() + 1);
          emit(inOrder ? `${id} ${gap} number ${count.get()}` : `${id} ${gap}`);
        },
      });
    },
    (input, { isOrdered, isKeyed }) => {
      const numbers = new Map<number, number>();
      return itemsOf(input).map((item) => {
        const number = (numbers.get(ownKeyOf(item)) ?? 0) + 1;
        numbers.set(ownKeyOf(item), number);
        const text = `${item.id} ${item.gap * 2}`;
        return isOrdered && isKeyed ? `${text} number ${number}` : text;
      });
    },
  ),
};

test("joins commit what plain loops make (JN-01, JN-02)", async () => {
  await agrees(joins, [punctualInputs(STREAMS), punctualInputs(STREAMS)], JOBS);
});

test("asyncMap commits one result for each record, in order where that is asked (ASY-01, COR-26)", async () => {
  await agrees(asynchronous, [anyInputs(STREAMS)], JOBS);
});
