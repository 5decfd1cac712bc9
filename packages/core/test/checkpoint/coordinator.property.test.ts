import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DeclineReason } from "../../src/checkpoint/abort-reason.ts";
import { CheckpointCoordinator, type CoordinatorEvent, IDS_RESERVED } from "../../src/checkpoint/coordinator.ts";
import type { CheckpointConfig } from "../../src/checkpoint/options.ts";
import { type CheckpointRequest, REQUESTS_MAX } from "../../src/checkpoint/request-queue.ts";
import { check } from "../bytes/property.ts";
import { HEAD } from "./coordinated.ts";
import { answerTo, CoordinatorOracle } from "./coordinator-oracle.ts";

/** What a test may tell a coordinator; `nth` chooses among the ids drawn so far, and beyond. */
type Command =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "sleep" }
  | { readonly kind: "answer" }
  /** A region fails; or one that is down is closed, or restored. */
  | { readonly kind: "region"; readonly nth: number }
  | { readonly kind: "requested"; readonly request: CheckpointRequest["kind"]; readonly times: number }
  /** Whether anything may begin. */
  | { readonly kind: "hold"; readonly isHeld: boolean }
  | { readonly kind: "closed"; readonly reason: "suspended" | "shutdown" }
  | { readonly kind: "acknowledged"; readonly subtask: number; readonly nth: number }
  | { readonly kind: "declined"; readonly reason: DeclineReason; readonly nth: number }
  | {
      readonly kind: "manifest-written" | "manifest-failed" | "head-written" | "committed" | "cleaned";
      readonly nth: number;
    };

const nth = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 2 }) }, fc.integer({ min: -2, max: 6 }));

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 900 }) }),
  { weight: 4, arbitrary: fc.constant({ kind: "sleep" as const }) },
  { weight: 30, arbitrary: fc.constant({ kind: "answer" as const }) },
  fc.record({
    kind: fc.constant("requested" as const),
    request: fc.constantFrom("manual" as const, "savepoint" as const, "final" as const),
    times: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.constant(REQUESTS_MAX / 2)),
  }),
  fc.record({ kind: fc.constant("hold" as const), isHeld: fc.boolean() }),
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("region" as const), nth: fc.nat(1) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("acknowledged" as const), subtask: fc.nat(3), nth }) },
  fc.record({
    kind: fc.constant("declined" as const),
    reason: fc.constantFrom<DeclineReason>("snapshot-failed", "barrier-subsumed", "cancel-marker", "subtask-closing"),
    nth,
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom<"manifest-written" | "manifest-failed" | "head-written" | "committed" | "cleaned">(
        "manifest-written",
        "manifest-failed",
        "head-written",
        "committed",
        "cleaned",
      ),
      nth,
    }),
  },
);

/** Most runs are closed sooner or later: by then there may be anything under way. */
const commands = fc.tuple(
  fc.array(command, { maxLength: 200 }),
  fc.option(fc.constantFrom("suspended" as const, "shutdown" as const)),
  fc.array(command, { maxLength: 8 }),
);

const config: fc.Arbitrary<CheckpointConfig> = fc.record({
  intervalMs: fc.constantFrom(100, 1000, Infinity),
  timeoutMs: fc.constantFrom(1, 300, 5000),
  minPauseMs: fc.constantFrom(0, 50, 1000),
  tolerableFailures: fc.constantFrom(0, 1, 3, 100),
  retained: fc.integer({ min: 1, max: 3 }),
  maxConcurrent: fc.integer({ min: 1, max: 3 }),
  barriers: fc.constantFrom("aligned" as const, "unaligned" as const),
  alignedTimeoutMs: fc.constant(0),
});

let tickets = 0;

/** The event that a command stands for. */
function eventOf(
  model: CoordinatorOracle,
  next: Exclude<Command, { readonly kind: "wait" | "sleep" | "answer" | "hold" | "region" }>,
): CoordinatorEvent {
  const at = model.now;
  if (next.kind === "requested") return { kind: "requested", at, request: { kind: next.request, ticket: tickets++ } };
  if (next.kind === "closed") return { kind: "closed", at, reason: next.reason };
  const ids = [...model.current.keys()];
  const checkpointId = ids[next.nth] ?? model.lastId - next.nth;
  switch (next.kind) {
    case "acknowledged":
      return { kind: next.kind, at, checkpointId, subtask: next.subtask };
    case "declined":
      return { kind: next.kind, at, checkpointId, reason: next.reason };
    case "head-written": {
      const isAsked = model.asked !== undefined && model.asked.id === checkpointId;
      // A head that nobody asked for is told by a mistake only: it must change nothing.
      const head = isAsked && model.asked !== undefined ? model.asked.head : { ...HEAD, nextId: 1, generation: 99 };
      return { kind: next.kind, at, checkpointId, head };
    }
    default:
      return { kind: next.kind, at, checkpointId };
  }
}

describe("CheckpointCoordinator, at random events", () => {
  it("draws growing ids, completes in order what all have acknowledged, begins what is due, and takes no stale answer (NOT-01, TRG-03, TRG-11, TRG-18, CFM-03, RST-05)", () => {
    let completed = 0;
    let together = 0;
    let turnedDown = 0;
    let restored = 0;
    check(
      fc.property(config, fc.integer({ min: 1, max: 3 }), commands, (config, subtasks, [before, reason, after]) => {
        const start = {
          at: 0,
          subtasks,
          config,
          head: HEAD,
          firstId: HEAD.nextId - IDS_RESERVED,
          wallClock: () => 0,
        };
        const coordinator = new CheckpointCoordinator(start);
        const model = new CoordinatorOracle(config, subtasks);
        const tell = (event: CoordinatorEvent): void => {
          if (event.kind === "acknowledged" && model.closed === undefined) {
            const { checkpointId, subtask } = event;
            assert.equal(coordinator.outcomeOf(checkpointId, subtask), model.outcomeOf(checkpointId, subtask));
          }
          const effects = coordinator.on(event);
          turnedDown += effects.filter(({ kind }) => kind === "reject").length;
          model.take(event, effects);
          assert.deepEqual(coordinator.pending, [...model.current.keys()]);
          together = Math.max(together, model.current.size);
        };
        const end: readonly Command[] = reason === null ? [] : [{ kind: "closed", reason }, ...after];
        for (const next of [...before, ...end]) {
          if (next.kind === "hold") {
            coordinator.hold(next.isHeld);
            model.isHeld = next.isHeld;
          } else if (next.kind === "requested") {
            for (let time = 0; time < next.times; time++) tell(eventOf(model, next));
          } else if (next.kind === "region") {
            const event = model.regionEvent(next.nth);
            if (event !== undefined) tell(event);
          } else if (next.kind === "answer") {
            tell(answerTo(model, subtasks));
          } else if (next.kind === "wait") {
            model.now += next.ms;
            tell({ kind: "time", at: model.now });
          } else if (next.kind !== "sleep") {
            tell(eventOf(model, next));
          } else {
            // As the driver does: until it wants to be woken, if it does.
            if (coordinator.wakeAt < Infinity) model.now = Math.max(model.now, coordinator.wakeAt);
            tell({ kind: "time", at: model.now });
          }
        }
        completed += model.completed.length;
        restored += model.generations.size - 1;
      }),
      1200,
    );
    assert.ok(completed > 0, "no run got as far as a complete checkpoint");
    assert.ok(together > 1, "no two were ever under way");
    assert.ok(turnedDown > 0, "nobody was ever turned down");
    assert.ok(restored > 0, "no region was ever restored");
  });

  it("gets on whenever everything is answered: it takes a checkpoint an interval, for ever", () => {
    check(
      fc.property(
        config.filter(({ intervalMs }) => intervalMs < Infinity),
        fc.integer({ min: 1, max: 100 }),
        (config, rounds) => {
          const start = { at: 0, subtasks: 1, config, head: HEAD, firstId: 1, wallClock: () => 0 };
          const coordinator = new CheckpointCoordinator(start);
          let completed = 0;
          let at = 0;
          while (completed < rounds) {
            assert.ok(coordinator.wakeAt < Infinity, "it would never be woken");
            at = Math.max(at, coordinator.wakeAt);
            const [triggered] = coordinator.on({ kind: "time", at });
            assert.ok(triggered?.kind === "trigger");
            const { checkpointId } = triggered;
            coordinator.on({ kind: "acknowledged", at, checkpointId, subtask: 0 });
            const [asked] = coordinator.on({ kind: "manifest-written", at, checkpointId });
            assert.ok(asked?.kind === "write-head");
            coordinator.on({ kind: "head-written", at, checkpointId, head: asked.head });
            coordinator.on({ kind: "committed", at, checkpointId });
            coordinator.on({ kind: "cleaned", at, checkpointId });
            completed++;
          }
          assert.ok(at <= rounds * Math.max(config.intervalMs, config.minPauseMs) + config.intervalMs);
        },
      ),
    );
  });
});
