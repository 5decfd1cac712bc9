import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { countsAsFailure, type DeclineReason } from "../../src/checkpoint/abort-reason.ts";
import {
  CheckpointCoordinator,
  type CoordinatorEffect,
  type CoordinatorEvent,
  IDS_RESERVED,
} from "../../src/checkpoint/coordinator.ts";
import type { Head } from "../../src/checkpoint/head.ts";
import type { CheckpointConfig } from "../../src/checkpoint/options.ts";
import type { RequestKind } from "../../src/checkpoint/request-queue.ts";
import { check } from "../bytes/property.ts";
import { HEAD } from "./coordinated.ts";

/** What a test may tell a coordinator; `nth` chooses among the ids drawn so far, and beyond. */
type Command =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "sleep" }
  | { readonly kind: "answer" }
  | { readonly kind: "requested"; readonly request: "manual" | "savepoint" | "final" }
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
  }),
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

interface Current {
  readonly id: number;
  readonly request: RequestKind;
  readonly deadline: number;
  readonly acknowledged: Set<number>;
  manifest: "unasked" | "asked" | "written";
}

/** What must hold of a coordinator, kept from its events and effects alone. */
class Model {
  now = 0;
  /** By id, those under way. */
  readonly current = new Map<number, Current>();
  /** The head that was asked for, and for which checkpoint. */
  asked: { readonly head: Head; readonly id: number | undefined } | undefined;
  lastId = 0;
  readonly uncommitted = new Set<number>();
  readonly uncleaned = new Set<number>();
  readonly waiting = new Set<number>();
  readonly completed: number[] = [];
  readonly #config: CheckpointConfig;
  readonly #subtasks: number;
  #head: Head = HEAD;
  #failures = 0;
  #wantsSavepoint = false;
  /** When the last one ended, or never. */
  #endedAt = -Infinity;
  #nextPeriodic: number;

  constructor(config: CheckpointConfig, subtasks: number) {
    this.#config = config;
    this.#subtasks = subtasks;
    this.#nextPeriodic = config.intervalMs;
  }

  /** Checks the effects of an event, one after the other. */
  take(event: CoordinatorEvent, effects: readonly CoordinatorEffect[]): void {
    const isHeard = this.#note(event);
    if (!isHeard) assert.deepEqual(effects, [], `a stale ${event.kind} has an effect`);
    for (const effect of effects) this.#effect(event, effect);
    const steps = [...this.current.values()].filter(({ manifest }) => manifest !== "unasked").length;
    assert.ok(steps <= 1, "two are being finished at a time");
  }

  /** Whether the event answers a question that is open. */
  #note(event: CoordinatorEvent): boolean {
    switch (event.kind) {
      case "time":
        return true;
      case "requested":
        this.waiting.add(event.request.ticket);
        if (event.request.kind === "savepoint") this.#wantsSavepoint = true;
        return true;
      case "acknowledged":
        return this.#isCollecting(event.checkpointId) && event.subtask < this.#subtasks
          ? this.#acknowledge(event.checkpointId, event.subtask)
          : false;
      case "declined":
        return this.#isCollecting(event.checkpointId);
      case "manifest-written": {
        const of = this.current.get(event.checkpointId);
        if (of?.manifest !== "asked") return false;
        of.manifest = "written";
        return true;
      }
      case "manifest-failed":
        return this.current.get(event.checkpointId)?.manifest === "asked";
      case "head-written": {
        const isAnswer = this.asked !== undefined && this.asked.id === event.checkpointId;
        if (isAnswer) [this.#head, this.asked] = [event.head, undefined];
        return isAnswer;
      }
      case "committed":
        return this.uncommitted.delete(event.checkpointId);
      case "cleaned":
        return this.uncleaned.delete(event.checkpointId);
      case "closed":
        return true;
    }
  }

  #isCollecting(id: number): boolean {
    const of = this.current.get(id);
    return of !== undefined && of.acknowledged.size < this.#subtasks;
  }

  #acknowledge(id: number, subtask: number): true {
    this.current.get(id)?.acknowledged.add(subtask);
    return true;
  }

  #effect(event: CoordinatorEvent, effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "trigger":
        return this.#trigger(effect.checkpointId, effect.request, effect.tickets);
      case "write-manifest": {
        const of = this.current.get(effect.checkpointId) as Current;
        assert.equal(of.acknowledged.size, this.#subtasks, "not every subtask has acknowledged");
        for (const other of this.current.values()) {
          assert.ok(other.id >= of.id || other.request !== "savepoint", "a savepoint is overtaken");
        }
        of.manifest = "asked";
        return;
      }
      case "write-head":
        return this.#writeHead(effect.checkpointId, effect.head);
      case "complete":
        assert.equal(event.kind, "head-written");
        assert.deepEqual(effect.retained, this.#head.retained);
        assert.ok((this.completed.at(-1) ?? 0) < effect.checkpointId, "completed out of order");
        this.completed.push(effect.checkpointId);
        this.uncommitted.add(effect.checkpointId);
        this.uncleaned.add(effect.checkpointId);
        this.#failures = 0;
        this.#end(effect.checkpointId);
        return;
      case "abort": {
        const of = this.current.get(effect.checkpointId);
        assert.ok(of !== undefined, "what is not under way is aborted");
        if (effect.reason === "expired") assert.ok(this.now >= of.deadline);
        if (effect.reason === "subsumed") assert.ok(effect.checkpointId < (this.completed.at(-1) ?? 0));
        if (countsAsFailure(effect.reason, of.request === "savepoint")) this.#failures++;
        this.#end(effect.checkpointId);
        return;
      }
      case "fail":
        assert.ok(this.#failures > this.#config.tolerableFailures, "fails with fewer failures in a row than tolerated");
        this.#failures = 0;
        return;
      case "reject":
        assert.ok(this.waiting.delete(effect.ticket));
    }
  }

  #trigger(id: number, request: RequestKind, tickets: readonly number[]): void {
    const { maxConcurrent, barriers, minPauseMs, intervalMs, timeoutMs, tolerableFailures } = this.#config;
    assert.ok(this.#failures <= tolerableFailures, "more failures in a row than tolerated, and it goes on");
    assert.ok(id > this.lastId, "an id came again");
    assert.ok(id < this.#head.nextId, "an id was drawn that the head does not reserve");
    const forced = request === "savepoint" && barriers !== "unaligned";
    assert.ok(this.current.size < maxConcurrent || forced, "too many are under way");
    assert.equal(this.uncommitted.size, 0, "the last one is not committed");
    assert.ok(this.uncleaned.size <= maxConcurrent, "too much is to be cleaned up");
    assert.equal(request === "savepoint", this.#wantsSavepoint, "a savepoint has to wait, or is taken for nobody");
    assert.deepEqual(new Set(tickets), this.waiting, "it answers all who wait");
    const due = this.now >= this.#nextPeriodic && this.now >= this.#endedAt + minPauseMs;
    assert.ok(tickets.length > 0 || due, "nobody asked for it, and it is not due");
    this.lastId = id;
    this.waiting.clear();
    this.#wantsSavepoint = false;
    while (this.#nextPeriodic <= this.now) this.#nextPeriodic += intervalMs;
    const deadline = this.now + timeoutMs;
    this.current.set(id, { id, request, deadline, acknowledged: new Set(), manifest: "unasked" });
  }

  #writeHead(id: number | undefined, head: Head): void {
    assert.equal(this.asked, undefined, "two heads are being written");
    assert.equal(head.generation, HEAD.generation);
    assert.ok(head.nextId > this.lastId + 1, "the head reserves no id");
    assert.ok(head.nextId >= this.#head.nextId, "the head gives ids back");
    if (id === undefined) {
      assert.deepEqual(head.retained, this.#head.retained);
    } else {
      assert.equal(this.current.get(id)?.manifest, "written", "the head is written before the manifest");
      const ids = [...this.#head.retained.map(({ checkpointId }) => checkpointId), id].slice(-this.#config.retained);
      assert.deepEqual(
        head.retained.map(({ checkpointId }) => checkpointId),
        ids,
      );
    }
    this.asked = { head, id };
  }

  #end(id: number): void {
    this.current.delete(id);
    this.#endedAt = this.now;
  }
}

/** What the coordinator waits for, answered as it hopes. */
function answerTo({ now: at, current, asked, uncommitted, uncleaned }: Model, subtasks: number): CoordinatorEvent {
  if (asked !== undefined) return { kind: "head-written", at, checkpointId: asked.id, head: asked.head };
  const [committed] = uncommitted;
  if (committed !== undefined) return { kind: "committed", at, checkpointId: committed };
  const [cleaned] = uncleaned;
  if (cleaned !== undefined) return { kind: "cleaned", at, checkpointId: cleaned };
  for (const { id, manifest, acknowledged } of current.values()) {
    if (manifest === "asked") return { kind: "manifest-written", at, checkpointId: id };
    const subtask = Array.from({ length: subtasks }, (_, index) => index).find((index) => !acknowledged.has(index));
    if (subtask !== undefined) return { kind: "acknowledged", at, checkpointId: id, subtask };
  }
  return { kind: "time", at };
}

let tickets = 0;

/** The event that a command stands for. */
function eventOf(
  model: Model,
  next: Exclude<Command, { readonly kind: "wait" } | { readonly kind: "sleep" } | { readonly kind: "answer" }>,
): CoordinatorEvent {
  const at = model.now;
  if (next.kind === "requested") return { kind: "requested", at, request: { kind: next.request, ticket: tickets++ } };
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
  it("draws growing ids, completes in order what all have acknowledged, and takes no stale answer (NOT-01, TRG-11, CFM-03)", () => {
    let completed = 0;
    let together = 0;
    check(
      fc.property(
        config,
        fc.integer({ min: 1, max: 3 }),
        fc.array(command, { maxLength: 200 }),
        (config, subtasks, commands) => {
          const start = {
            at: 0,
            subtasks,
            config,
            head: HEAD,
            firstId: HEAD.nextId - IDS_RESERVED,
            wallClock: () => 0,
          };
          const coordinator = new CheckpointCoordinator(start);
          const model = new Model(config, subtasks);
          const tell = (event: CoordinatorEvent): void => {
            model.take(event, coordinator.on(event));
            assert.deepEqual(coordinator.pending, [...model.current.keys()]);
            together = Math.max(together, model.current.size);
          };
          for (const next of commands) {
            if (next.kind === "answer") {
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
        },
      ),
    );
    assert.ok(completed > 0, "no run got as far as a complete checkpoint");
    assert.ok(together > 1, "no two were ever under way");
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
