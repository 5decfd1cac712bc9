/** A gate as barriers see it: records, barriers, markers, aborts and timeouts, and what each mode promises of them. */
import assert from "node:assert/strict";

import { BarrierAligner } from "../../src/checkpoint/aligner.ts";
import { BarrierCounter } from "../../src/checkpoint/barrier-counter.ts";
import type { AlignmentEffect, Barrier, BarrierHandler } from "../../src/checkpoint/barrier.ts";

/** How barriers pass a gate. `"unaligned"`: even ids overtake at once, odd ones when they are told of their timeout. */
export type BarrierMode = "aligned" | "unaligned" | "counted";

/** What a writer puts into its channel. */
type Element =
  | { readonly kind: "record"; readonly epoch: number; readonly number: number }
  | { readonly kind: "barrier"; readonly barrier: Barrier }
  | { readonly kind: "cancel"; readonly id: number };

/** What happens at a gate. `back`: how far behind the newest barrier an id lies. */
export type BarrierMove =
  | { readonly kind: "write" | "barrier" | "lose" | "mark" | "take"; readonly channel: number }
  | { readonly kind: "abort"; readonly back: number }
  | { readonly kind: "timeout"; readonly back: number };

/** A gate around a handler: queues, blocked channels, and what each snapshot holds. */
export class BarrierWorld {
  readonly queues: Element[][];
  readonly blocked = new Set<number>();
  /** By channel, the records that state has seen. */
  readonly seen: number[][];
  /** By channel, the records that came before the barrier of each id. */
  readonly before: Map<number, number>[];
  readonly written: number[];
  /** By channel, the id of its last barrier, marker or loss. */
  readonly epochs: number[];
  readonly over = new Set<number>();
  readonly snapshots = new Map<
    number,
    { readonly seen: readonly number[]; readonly captured: Map<number, number[]> }
  >();
  readonly complete: number[] = [];
  readonly told: number[] = [];
  /** Channels that are being captured, and for which checkpoint. */
  readonly capturing = new Map<number, number>();
  readonly #mode: BarrierMode;
  readonly #channels: number;
  readonly #handler: BarrierHandler;
  #pendingSnapshot: Map<number, number[]> = new Map();
  #aligningFor: number | undefined;

  constructor(mode: BarrierMode, channels: number) {
    const each = <T>(make: () => T): T[] => Array.from({ length: channels }, make);
    this.#mode = mode;
    this.#channels = channels;
    this.queues = each(() => []);
    this.seen = each(() => []);
    this.before = each(() => new Map());
    this.written = each(() => 0);
    this.epochs = each(() => 0);
    this.#handler =
      mode === "counted" ? new BarrierCounter(channels) : new BarrierAligner(channels, mode === "unaligned");
  }

  do(next: BarrierMove): void {
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
      for (let channel = 0; channel < this.#channels; channel++) {
        if (this.blocked.has(channel) || this.queues[channel]?.length === 0) continue;
        idle = false;
        this.#take(channel);
      }
    }
  }

  /** One more barrier in each channel settles everything: whatever happened, all channels flow again, and nothing is lost. */
  settle(): void {
    const last = Math.max(...this.epochs);
    for (let channel = 0; channel < this.#channels; channel++) {
      this.epochs[channel] = last + 3;
      this.do({ kind: "barrier", channel });
    }
    this.drain();
    assert.equal(this.blocked.size, 0, "a channel stays blocked");
    assert.ok(this.queues.every((queue) => queue.length === 0));
    assert.equal(this.capturing.size, 0, "a channel is captured for ever");
    for (const [channel, records] of this.seen.entries()) {
      const all = Array.from({ length: this.written[channel] as number }, (_, index) => index + 1);
      assert.equal(records.join(), all.join(), "a record is lost, doubled or out of order");
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
    for (let channel = 0; channel < this.#channels; channel++) {
      const before = this.before[channel]?.get(id);
      assert.ok(before !== undefined, `channel ${channel} never had a barrier of ${id}`);
      const seen = snapshot.seen[channel] as number;
      const captured: readonly number[] = snapshot.captured.get(channel) ?? [];
      if (this.#mode === "counted") {
        assert.ok(seen >= before, "a record is lost");
        continue;
      }
      const held: readonly number[] = [...Array.from({ length: seen }, (_, index) => index + 1), ...captured];
      assert.equal(
        held.join(),
        Array.from({ length: before }, (_, index) => index + 1).join(),
        `checkpoint ${id} holds the wrong records of channel ${channel}`,
      );
    }
  }
}
