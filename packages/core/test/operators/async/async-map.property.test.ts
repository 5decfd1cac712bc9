import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";

import { frozenEnv } from "@tidemark/core/testing";

import { asyncMapOperator } from "../../../src/operators/async/async-map.ts";
import { checkAsync } from "../../bytes/property.ts";
import { type Call, verifyAsyncOperator, verifyOperator } from "../harness.ts";

interface Item {
  readonly n: number;
  /** Turns until its call ends. */
  readonly takes: number;
  /** How often its call fails before. */
  readonly failures: number;
}

const item = fc.record({ takes: fc.nat(4), failures: fc.constantFrom(0, 0, 0, 1) });

/** Batches of items in the order of their times, with watermarks between them. */
const story: fc.Arbitrary<readonly Call[]> = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.array(item, { maxLength: 6 }) }, fc.constant("watermark" as const)), {
    maxLength: 8,
  })
  .map((parts) => {
    let n = 0;
    return parts.map((part): Call => {
      if (part === "watermark") return { kind: "watermark", time: n };
      return { kind: "batch", records: part.map((each) => [{ ...each, n: ++n } satisfies Item, n]) };
    });
  });

const settings = fc.record({ capacity: fc.integer({ min: 1, max: 4 }), keyed: fc.boolean(), isOrdered: fc.boolean() });

describe("asyncMap, however it is run (ASY-01, ASY-02, COR-26)", () => {
  it("gives one result for each record, in order or between the watermarks, through restores at every step", () =>
    checkAsync(
      fc.asyncProperty(story, settings, async (calls, { capacity, keyed, isOrdered }) => {
        const { env } = frozenEnv();
        const factory = asyncMapOperator("look-up", keyed ? (value) => (value as Item).n % 3 : undefined, {
          call: async (value, { attempt }) => {
            const { n, takes, failures } = value as Item;
            for (let turn = 0; turn < takes; turn++) await env.turn();
            if (attempt <= failures) throw new Error("once more");
            return n * 10;
          },
          isOrdered,
          capacity,
          timeoutMs: 60_000,
          onTimeout: undefined,
          retry: { attempts: 2, multiplier: 1, jitter: 0, when: () => true, initialDelayMs: 2, maxDelayMs: 2 },
        });
        const { main } = await verifyAsyncOperator(factory, calls, { env, unordered: !isOrdered });
        const expected = calls.flatMap((call) =>
          call.kind === "batch" ? call.records.map(([value, at]) => [(value as Item).n * 10, at] as const) : [],
        );
        const found = isOrdered ? main : main.toSorted(([, one], [, other]) => one - other);
        assert.deepEqual(found, expected);
      }),
      60,
    ));

  it("is not verified as if it waited for nothing", () => {
    const { env } = frozenEnv();
    const factory = asyncMapOperator("look-up", undefined, {
      call: (value) => Promise.resolve(value),
      isOrdered: true,
      capacity: 1,
      timeoutMs: 1_000,
      onTimeout: undefined,
      retry: undefined,
    });
    const calls: readonly Call[] = [{ kind: "batch", records: [[1, 1]] }];
    assert.throws(() => verifyOperator(factory, calls, { env }), { message: /waits for a request/ });
  });
});
