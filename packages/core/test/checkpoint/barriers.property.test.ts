/** Random interleavings of records, barriers, markers, aborts, timeouts and ends, against what each mode promises. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BarrierAligner } from "../../src/checkpoint/aligner.ts";
import { BarrierCounter, COUNTED_MAX } from "../../src/checkpoint/barrier-counter.ts";
import type { AlignmentEffect, Barrier, BarrierHandler } from "../../src/checkpoint/barrier.ts";
import { check } from "../bytes/property.ts";

type Mode = "aligned" | "unaligned" | "counted";

/** What a writer puts into its channel. */
type Element =
  | { readonly kind: "record"; readonly epoch: number; readonly number: number }
  | { readonly kind: "barrier"; readonly barrier: Barrier }
  | { readonly kind: "cancel"; readonly id: number };

type Move =
  | { readonly kind: "write" | "barrier" | "lose" | "mark" | "take"; readonly channel: number }
  | { readonly kind: "abort"; readonly back: number }
  | { readonly kind: "timeout"; readonly back: number };

const CHANNELS = 3;

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), channel: fc.nat(CHANNELS - 1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("barrier" as const), channel: fc.nat(CHANNELS - 1) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("take" as const), channel: fc.nat(CHANNELS - 1) }) },
  fc.record({ kind: fc.constantFrom("lose" as const, "mark" as const), channel: fc.nat(CHANNELS - 1) }),
  fc.record({ kind: fc.constantFrom("abort" as const, "timeout" as const), back: fc.nat(2) }),
);

/** A gate around a handler: queues, blocked channels, and what each snapshot holds. */
class World {
  readonly queues: Element[][] = Array.from({ length: CHANNELS }, () => []);
  readonly blocked = new Set<number>();
  /** By channel, the records that state has seen. */
  readonly seen: number[][] = Array.from({ length: CHANNELS }, () => []);
  /** By channel, the records that came before the barrier of each id. */
  readonly before: Map<number, number>[] = Array.from({ length: CHANNELS }, () => new Map());
  readonly written: number[] = Array.from({ length: CHANNELS }, () => 0);
  readonly epochs: number[] = Array.from({ length: CHANNELS }, () => 0);
  readonly over = new Set<number>();
  readonly snapshots = new Map<
    number,
    { readonly seen: readonly number[]; readonly captured: Map<number, number[]> }
  >();
  readonly complete: number[] = [];
  readonly told: number[] = [];
  /** Channels that are being captured, and for which checkpoint. */
  readonly capturing = new Map<number, number>();
  readonly #mode: Mode;
  readonly #handler: BarrierHandler;
  #pendingSnapshot: Map<number, number[]> = new Map();
  #aligningFor: number | undefined;

  constructor(mode: Mode) {
    this.#mode = mode;
    this.#handler =
      mode === "counted" ? new BarrierCounter(CHANNELS) : new BarrierAligner(CHANNELS, mode === "unaligned");
  }

  do(next: Move): void {
    switch (next.kind) {
      case "write": {
        const number = (this.written[next.channel] as number) + 1;
        this.written[next.channel] = number;
        const element: Element = { kind: "record", epoch: this.epochs[next.channel] as number, number };
        this.queues[next.channel]?.push(element);
        const id = this.capturing.get(next.channel);
        if (id !== undefined) this.snapshots.get(id)?.captured.get(next.channel)?.push(number);
        return;
      }
      case "barrier":
        return this.#barrier(next.channel);
      case "lose":
        // Barriers of an attempt are never lost in fact; the handler must not hang if one is.
        this.epochs[next.channel] = (this.epochs[next.channel] as number) + 1;
        return;
      case "mark": {
        const id = (this.epochs[next.channel] as number) + 1;
        this.epochs[next.channel] = id;
        this.queues[next.channel]?.push({ kind: "cancel", id });
        return;
      }
      case "take":
        return this.#take(next.channel);
      case "abort":
        return this.#abort(this.#id(next.back));
      case "timeout": {
        if (this.#mode !== "unaligned") return;
        const id = this.#id(next.back);
        const announced = this.queues.some((queue) =>
          queue.some((element) => element.kind === "barrier" && element.barrier.checkpointId === id),
        );
        if (announced) this.#apply(this.#handler.timeout({ checkpointId: id, unaligned: false, alignedUntil: 0 }), id);
      }
    }
  }

  /** Lets everything that waits come. */
  drain(): void {
    for (let idle = false; !idle;) {
      idle = true;
      for (let channel = 0; channel < CHANNELS; channel++) {
        if (this.blocked.has(channel) || this.queues[channel]?.length === 0) continue;
        idle = false;
        this.#take(channel);
      }
    }
  }

  #id(back: number): number {
    return Math.max(1, Math.max(...this.epochs) - back + 1);
  }

  /** From now on there is no such checkpoint, whether its barriers have come, are coming, or have not been thought of. */
  #abort(id: number): void {
    this.#apply(this.#handler.abort(id), id);
    if (this.complete.includes(id)) return;
    this.over.add(id);
    assert.ok(this.#aligningFor !== id || this.blocked.size === 0, "a channel waits for what was aborted");
    for (const of of this.capturing.values()) assert.notEqual(of, id, "a channel is captured for what was aborted");
  }

  #barrier(channel: number): void {
    const id = (this.epochs[channel] as number) + 1;
    this.epochs[channel] = id;
    this.before[channel]?.set(id, this.written[channel] as number);
    const barrier: Barrier = {
      checkpointId: id,
      unaligned: this.#mode === "unaligned" && id % 2 === 0,
      alignedUntil: 0,
    };
    this.queues[channel]?.push({ kind: "barrier", barrier });
    this.#apply(this.#handler.announced(channel, barrier), id);
  }

  #take(channel: number): void {
    if (this.blocked.has(channel)) return;
    const element = this.queues[channel]?.shift();
    if (element?.kind === "record") this.seen[channel]?.push(element.number);
    if (element?.kind === "barrier") {
      const { checkpointId } = element.barrier;
      this.#apply(this.#handler.barrier(channel, element.barrier), checkpointId);
      this.#checkTold(checkpointId);
    }
    if (element?.kind === "cancel") this.#apply(this.#handler.cancel(element.id), element.id);
  }

  /** Those downstream wait for a barrier, unless they have it, or are told that it does not come, or have a later one. */
  #checkTold(id: number): void {
    if (!this.over.has(id)) return;
    const known = [...this.snapshots.keys(), ...this.told];
    assert.ok(
      known.some((other) => other >= id),
      "those downstream wait for what was aborted",
    );
  }

  #apply(effects: readonly AlignmentEffect[], id: number): void {
    for (const effect of effects) this.#effect(effect, id);
  }

  #effect(effect: AlignmentEffect, id: number): void {
    switch (effect.kind) {
      case "block":
        this.#aligningFor = id;
        this.blocked.add(effect.channel);
        return;
      case "unblock":
        this.blocked.clear();
        return;
      case "capture":
        this.#pendingSnapshot.set(effect.channel, this.#waiting(effect.channel, Infinity));
        this.capturing.set(effect.channel, effect.checkpointId);
        return;
      case "overtake": {
        const queue = this.queues[effect.channel] as Element[];
        const at = queue.findIndex(
          (element) => element.kind === "barrier" && element.barrier.checkpointId === effect.checkpointId,
        );
        assert.ok(at >= 0, "a barrier that is not there overtakes");
        if (!this.capturing.delete(effect.channel)) {
          this.#pendingSnapshot.set(effect.channel, this.#waiting(effect.channel, at));
        }
        queue.splice(at, 1);
        return;
      }
      case "snapshot": {
        const { checkpointId } = effect.barrier;
        assert.ok(!this.snapshots.has(checkpointId), "a snapshot is taken twice");
        assert.ok(!this.over.has(checkpointId), "a snapshot is taken of what is over");
        this.snapshots.set(checkpointId, {
          seen: this.seen.map((records) => records.length),
          captured: this.#pendingSnapshot,
        });
        this.#pendingSnapshot = new Map();
        if (!effect.barrier.unaligned) this.#completed(checkpointId);
        return;
      }
      case "captured":
        return this.#completed(effect.checkpointId);
      case "abandon":
        this.over.add(effect.checkpointId);
        for (const [channel, of] of this.capturing) if (of === effect.checkpointId) this.capturing.delete(channel);
        if (this.#aligningFor === effect.checkpointId) this.blocked.clear();
        return;
      case "cancel":
        assert.ok(!this.told.includes(effect.checkpointId), "those downstream are told twice");
        this.told.push(effect.checkpointId);
    }
  }

  #waiting(channel: number, end: number): number[] {
    const waiting = this.queues[channel]?.slice(0, end === Infinity ? undefined : end) ?? [];
    return waiting.flatMap((element) => (element.kind === "record" ? [element.number] : []));
  }

  /** State and captured records together are what came before the barrier of each channel, each once and in order. */
  #completed(id: number): void {
    assert.ok((this.complete.at(-1) ?? 0) < id, "checkpoints are complete out of order");
    this.complete.push(id);
    const snapshot = this.snapshots.get(id);
    assert.ok(snapshot !== undefined);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const before = this.before[channel]?.get(id);
      assert.ok(before !== undefined, `channel ${channel} never had a barrier of ${id}`);
      const seen = snapshot.seen[channel] as number;
      const captured: readonly number[] = snapshot.captured.get(channel) ?? [];
      if (this.#mode === "counted") {
        assert.ok(seen >= before, "a record is lost");
        continue;
      }
      const held: readonly number[] = [...Array.from({ length: seen }, (_, index) => index + 1), ...captured];
      assert.deepEqual(
        held,
        Array.from({ length: before }, (_, index) => index + 1),
        `checkpoint ${id} holds the wrong records of channel ${channel}`,
      );
    }
  }
}

for (const mode of ["aligned", "unaligned", "counted"] as const) {
  describe(`barriers that are ${mode}, in random interleavings`, () => {
    it("hold just what came before them, tell those downstream once, and never leave a channel blocked (BAR-01, BAR-02, BAR-03, BAR-06, BAR-07, BAR-08, BAR-15, COR-01, COR-02, COR-03)", () => {
      let complete = 0;
      let abandoned = 0;
      check(
        fc.property(fc.array(move, { maxLength: 300 }), (moves) => {
          const world = new World(mode);
          for (const next of moves) world.do(next);
          // One more barrier in each channel settles everything: whatever happened, all channels flow again.
          const last = Math.max(...world.epochs);
          for (let channel = 0; channel < CHANNELS; channel++) {
            world.epochs[channel] = last + 3;
            world.do({ kind: "barrier", channel });
          }
          world.drain();
          assert.equal(world.blocked.size, 0, "a channel stays blocked");
          assert.ok(world.queues.every((queue) => queue.length === 0));
          assert.equal(world.capturing.size, 0, "a channel is captured for ever");
          for (const [channel, records] of world.seen.entries()) {
            const all = Array.from({ length: world.written[channel] as number }, (_, index) => index + 1);
            assert.deepEqual(records, all, "a record is lost, doubled or out of order");
          }
          complete += world.complete.length;
          abandoned += world.over.size;
        }),
      );
      assert.ok(complete > 0 && abandoned > 0);
    });
  });
}

describe("BarrierCounter", () => {
  const barrier = (checkpointId: number): Barrier => ({ checkpointId, unaligned: false, alignedUntil: Infinity });

  it("counts so many checkpoints at a time and gives up the oldest for one more (BAR-06)", () => {
    const counter = new BarrierCounter(2);
    for (let id = 1; id <= COUNTED_MAX; id++) assert.deepEqual(counter.barrier(0, barrier(id)), []);
    assert.deepEqual(counter.barrier(0, barrier(COUNTED_MAX + 1)), [
      { kind: "abandon", checkpointId: 1, reason: "barrier-subsumed" },
      { kind: "cancel", checkpointId: 1 },
    ]);
    assert.deepEqual(counter.barrier(1, barrier(1)), []);
  });

  it("drops older ones when one is complete (BAR-06)", () => {
    const counter = new BarrierCounter(2);
    counter.barrier(0, barrier(1));
    counter.barrier(0, barrier(2));
    const effects = counter.barrier(1, barrier(2));
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ["abandon", "cancel", "snapshot"],
    );
    assert.deepEqual(counter.barrier(1, barrier(1)), []);
  });

  it("takes the snapshot of a single channel at once (BAR-06)", () => {
    const counter = new BarrierCounter(1);
    assert.equal(counter.barrier(0, barrier(1))[0]?.kind, "snapshot");
    assert.deepEqual(counter.barrier(0, barrier(1)), []);
  });
});
