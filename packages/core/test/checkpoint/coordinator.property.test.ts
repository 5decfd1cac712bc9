import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  CheckpointCoordinator,
  type CoordinatorEffect,
  type CoordinatorEvent,
  IDS_RESERVED,
} from "../../src/checkpoint/coordinator.ts";
import type { Head } from "../../src/checkpoint/head.ts";
import type { CheckpointConfig } from "../../src/checkpoint/options.ts";
import { check } from "../bytes/property.ts";
import { HEAD } from "./coordinated.ts";

/** What a test may tell a coordinator; the ids of answers are those asked for, less `stale`. */
type Command =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "sleep" }
  | { readonly kind: "answer" }
  | { readonly kind: "requested" | "settled" }
  | { readonly kind: "acknowledged"; readonly subtask: number; readonly stale: number }
  | {
      readonly kind: "declined" | "manifest-written" | "manifest-failed" | "head-written" | "head-failed";
      readonly stale: number;
    };

const stale = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 3 }) },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 900 }) }),
  { weight: 4, arbitrary: fc.constant({ kind: "sleep" as const }) },
  { weight: 30, arbitrary: fc.constant({ kind: "answer" as const }) },
  fc.record({ kind: fc.constant("requested" as const) }),
  fc.record({ kind: fc.constant("settled" as const) }),
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("acknowledged" as const), subtask: fc.nat(2), stale }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("manifest-written" as const, "head-written" as const), stale }),
  },
  fc.record({ kind: fc.constantFrom("declined" as const, "manifest-failed" as const, "head-failed" as const), stale }),
);

const config: fc.Arbitrary<CheckpointConfig> = fc.record({
  intervalMs: fc.constantFrom(100, 1000, Infinity),
  timeoutMs: fc.constantFrom(1, 300, 5000),
  minPauseMs: fc.constantFrom(0, 50, 1000),
  tolerableFailures: fc.constantFrom(0, 1, 3, 100),
  retained: fc.integer({ min: 1, max: 3 }),
});

interface Current {
  readonly id: number;
  readonly deadline: number;
  readonly acknowledged: Set<number>;
  question: "acknowledge" | "manifest" | "head";
}

/** What must hold of a coordinator, kept from its events and effects alone. */
class Model {
  now = 0;
  current: Current | undefined;
  /** The head that was asked for, and for which checkpoint. */
  asked: { readonly head: Head; readonly id: number | undefined } | undefined;
  lastId = 0;
  settling = false;
  readonly completed: number[] = [];
  readonly #config: CheckpointConfig;
  readonly #subtasks: number;
  #head: Head = HEAD;
  #failures = 0;
  #requested = false;
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
    const isAnswer = this.#note(event);
    const silent = event.kind !== "time" && event.kind !== "requested" && event.kind !== "settled";
    if (silent && !isAnswer) assert.deepEqual(effects, [], `a stale ${event.kind} has an effect`);
    const mustFail = effects.some(({ kind }) => kind === "abort") || (event.kind === "head-failed" && isAnswer);
    if (mustFail) this.#failures++;
    const fails = mustFail && this.#failures > this.#config.tolerableFailures;
    assert.equal(
      effects.some(({ kind }) => kind === "fail"),
      fails,
      "more failures in a row than tolerated, or not",
    );
    if (fails) this.#failures = 0;
    for (const effect of effects) this.#effect(event, effect);
  }

  /** Whether the event answers a question that is open. */
  #note(event: CoordinatorEvent): boolean {
    const { current } = this;
    switch (event.kind) {
      case "requested":
        this.#requested = true;
        return true;
      case "settled":
        this.settling = false;
        return true;
      case "acknowledged":
        if (current?.id !== event.checkpointId || current.question !== "acknowledge") return false;
        current.acknowledged.add(event.subtask);
        return true;
      case "declined":
        return current?.id === event.checkpointId && current.question === "acknowledge";
      case "manifest-written":
      case "manifest-failed":
        return current?.id === event.checkpointId && current.question === "manifest";
      case "head-written":
      case "head-failed": {
        const isAnswer = this.asked !== undefined && this.asked.id === event.checkpointId;
        if (isAnswer && event.kind === "head-written") this.#head = event.head;
        if (isAnswer) this.asked = undefined;
        return isAnswer;
      }
      default:
        return false;
    }
  }

  #effect(event: CoordinatorEvent, effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "trigger":
        return this.#trigger(effect.checkpointId);
      case "write-manifest":
        assert.equal(event.kind, "acknowledged");
        assert.equal(this.current?.id, effect.checkpointId);
        assert.equal(this.current?.acknowledged.size, this.#subtasks, "not every subtask has acknowledged");
        (this.current as Current).question = "manifest";
        return;
      case "write-head":
        return this.#writeHead(event, effect.checkpointId, effect.head);
      case "complete":
        assert.equal(event.kind, "head-written");
        assert.equal(this.current?.id, effect.checkpointId);
        assert.equal(this.current?.question, "head");
        assert.deepEqual(effect.retained, this.#head.retained);
        this.completed.push(effect.checkpointId);
        this.#failures = 0;
        this.settling = true;
        this.#end();
        return;
      case "abort":
        assert.equal(this.current?.id, effect.checkpointId);
        if (effect.reason === "expired") assert.ok(this.now >= (this.current?.deadline ?? Infinity));
        this.#end();
        return;
      case "fail":
    }
  }

  #trigger(id: number): void {
    assert.ok(id > this.lastId, "an id came again");
    assert.ok(id < this.#head.nextId, "an id was drawn that the head does not reserve");
    assert.equal(this.current, undefined, "two are under way");
    assert.equal(this.settling, false, "the last one is not settled");
    assert.equal(this.asked, undefined, "a head is being written");
    const due = this.now >= this.#nextPeriodic && this.now >= this.#endedAt + this.#config.minPauseMs;
    assert.ok(this.#requested || due, "nobody asked for it, and it is not due");
    this.lastId = id;
    this.#requested = false;
    while (this.#nextPeriodic <= this.now) this.#nextPeriodic += this.#config.intervalMs;
    this.current = {
      id,
      deadline: this.now + this.#config.timeoutMs,
      acknowledged: new Set(),
      question: "acknowledge",
    };
  }

  #writeHead(event: CoordinatorEvent, id: number | undefined, head: Head): void {
    assert.equal(this.asked, undefined, "two heads are being written");
    assert.equal(head.generation, HEAD.generation);
    assert.ok(head.nextId > this.lastId + 1, "the head reserves no id");
    assert.ok(head.nextId >= this.#head.nextId, "the head gives ids back");
    if (id === undefined) {
      assert.deepEqual(head.retained, this.#head.retained);
    } else {
      assert.equal(event.kind, "manifest-written");
      assert.equal(this.current?.id, id);
      const ids = [...this.#head.retained.map(({ checkpointId }) => checkpointId), id].slice(-this.#config.retained);
      assert.deepEqual(
        head.retained.map(({ checkpointId }) => checkpointId),
        ids,
      );
      (this.current as Current).question = "head";
    }
    this.asked = { head, id };
  }

  #end(): void {
    this.current = undefined;
    this.#endedAt = this.now;
  }
}

/** What the coordinator waits for, answered as it hopes. */
function answerTo({ now: at, current, asked, settling }: Model): CoordinatorEvent {
  if (asked !== undefined) return { kind: "head-written", at, checkpointId: asked.id, head: asked.head };
  if (settling) return { kind: "settled", at };
  if (current === undefined) return { kind: "time", at };
  if (current.question === "manifest") return { kind: "manifest-written", at, checkpointId: current.id };
  const subtask = [0, 1, 2].find((candidate) => !current.acknowledged.has(candidate)) ?? 0;
  return { kind: "acknowledged", at, checkpointId: current.id, subtask };
}

/** The event that a command stands for, as the model's open question has it. */
function eventOf(
  model: Model,
  next: Exclude<Command, { readonly kind: "wait" } | { readonly kind: "sleep" } | { readonly kind: "answer" }>,
): CoordinatorEvent {
  const at = model.now;
  switch (next.kind) {
    case "requested":
    case "settled":
      return { kind: next.kind, at };
    case "acknowledged":
      return { kind: next.kind, at, checkpointId: model.lastId - next.stale, subtask: next.subtask };
    case "head-written":
    case "head-failed": {
      const checkpointId = model.asked?.id === undefined && next.stale === 0 ? undefined : model.lastId - next.stale;
      const isAsked = model.asked !== undefined && model.asked.id === checkpointId;
      // A head that nobody asked for is told by a mistake only: it must change nothing.
      const head = isAsked && model.asked !== undefined ? model.asked.head : { ...HEAD, nextId: 1, generation: 99 };
      return next.kind === "head-written"
        ? { kind: next.kind, at, checkpointId, head }
        : { kind: next.kind, at, checkpointId };
    }
    default:
      return { kind: next.kind, at, checkpointId: model.lastId - next.stale };
  }
}

describe("CheckpointCoordinator, at random events", () => {
  it("draws growing ids, has one pending, completes what all have acknowledged, and takes no stale answer", () => {
    let completed = 0;
    check(
      fc.property(
        config,
        fc.integer({ min: 1, max: 3 }),
        fc.array(command, { maxLength: 200 }),
        (config, subtasks, commands) => {
          const coordinator = new CheckpointCoordinator({
            at: 0,
            subtasks,
            config,
            head: HEAD,
            firstId: HEAD.nextId - IDS_RESERVED,
            wallClock: () => 0,
          });
          const model = new Model(config, subtasks);
          const tell = (event: CoordinatorEvent): void => {
            model.take(event, coordinator.on(event));
            assert.equal(coordinator.pending, model.current?.id);
          };
          for (const next of commands) {
            if (next.kind === "acknowledged" && next.subtask >= subtasks) continue;
            if (next.kind === "answer") {
              tell(answerTo(model));
            } else if (next.kind === "wait") {
              model.now += next.ms;
              tell({ kind: "time", at: model.now });
            } else if (next.kind === "sleep") {
              // As the driver does: until it wants to be woken, if it does.
              if (coordinator.wakeAt < Infinity) model.now = Math.max(model.now, coordinator.wakeAt);
              tell({ kind: "time", at: model.now });
            } else {
              tell(eventOf(model, next));
            }
          }
          completed += model.completed.length;
        },
      ),
    );
    assert.ok(completed > 0, "no run got as far as a complete checkpoint");
  });

  it("gets on whenever everything is answered: it takes a checkpoint an interval, for ever", () => {
    check(
      fc.property(
        config.filter(({ intervalMs }) => intervalMs < Infinity),
        fc.integer({ min: 1, max: 100 }),
        (config, rounds) => {
          const coordinator = new CheckpointCoordinator({
            at: 0,
            subtasks: 1,
            config,
            head: HEAD,
            firstId: 1,
            wallClock: () => 0,
          });
          let completed = 0;
          let at = 0;
          while (completed < rounds) {
            assert.ok(coordinator.wakeAt < Infinity, "it would never be woken");
            at = Math.max(at, coordinator.wakeAt);
            let effects = coordinator.on({ kind: "time", at });
            assert.deepEqual(
              effects.map(({ kind }) => kind),
              ["trigger"],
            );
            const checkpointId = coordinator.pending as number;
            coordinator.on({ kind: "acknowledged", at, checkpointId, subtask: 0 });
            effects = coordinator.on({ kind: "manifest-written", at, checkpointId });
            const [asked] = effects;
            assert.ok(asked?.kind === "write-head");
            coordinator.on({ kind: "head-written", at, checkpointId, head: asked.head });
            coordinator.on({ kind: "settled", at });
            completed++;
          }
          assert.ok(at <= rounds * Math.max(config.intervalMs, config.minPauseMs) + config.intervalMs);
        },
      ),
    );
  });
});
