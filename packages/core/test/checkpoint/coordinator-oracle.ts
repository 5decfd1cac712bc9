import assert from "node:assert/strict";
import { type AbortReason, countsAsFailure } from "../../src/checkpoint/abort-reason.ts";
import {
  type AcknowledgeOutcome,
  type CoordinatorEffect,
  type CoordinatorEvent,
  IDS_RESERVED,
} from "../../src/checkpoint/coordinator.ts";
import type { Head } from "../../src/checkpoint/head.ts";
import type { CheckpointConfig } from "../../src/checkpoint/options.ts";
import { type CheckpointRequest, type RequestKind, REQUESTS_MAX } from "../../src/checkpoint/request-queue.ts";
import { HEAD } from "./coordinated.ts";

/** The least urgent last. */
const URGENCY: readonly RequestKind[] = ["savepoint", "final", "manual", "periodic"];

interface Current {
  readonly id: number;
  readonly request: RequestKind;
  readonly deadline: number;
  readonly acknowledged: Set<number>;
  manifest: "unasked" | "asked" | "written";
}

/** What must hold of a coordinator, kept from its events and effects alone. */
export class CoordinatorOracle {
  now = 0;
  /** By id, those under way. */
  readonly current = new Map<number, Current>();
  /** The head that was asked for, and for which checkpoint. */
  asked: { readonly head: Head; readonly id: number | undefined } | undefined;
  lastId = 0;
  readonly uncommitted = new Set<number>();
  readonly uncleaned = new Set<number>();
  /** In the order in which they came. */
  waiting: readonly CheckpointRequest[] = [];
  isHeld = false;
  closed: "suspended" | "shutdown" | undefined;
  readonly completed: number[] = [];
  /** Under which regions were restored. */
  readonly generations = new Set([HEAD.generation]);
  /** What has become of each region: it is up where it is not here. */
  readonly #down = new Map<number, "failed" | "closed" | "restoring">();
  readonly #config: CheckpointConfig;
  readonly #subtasks: number;
  #head: Head = HEAD;
  #failures = 0;
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
    if (this.closed !== undefined) {
      assert.equal(this.current.size, 0, "something is under way after the end");
      assert.deepEqual(this.waiting, [], "somebody waits for what will never begin");
    }
    if (event.kind === "time") this.#checkTime(effects);
    const steps = [...this.current.values()].filter(({ manifest }) => manifest !== "unasked").length;
    assert.ok(steps <= 1, "two are being finished at a time");
  }

  /** Nothing is late when the clock has been looked at: neither an end nor a beginning. */
  #checkTime(effects: readonly CoordinatorEffect[]): void {
    for (const { id, deadline } of this.current.values()) {
      assert.ok(this.now < deadline || this.asked?.id === id, "what has expired goes on");
    }
    const isUnderWay = this.asked !== undefined || this.current.size > 0 || this.uncommitted.size > 0;
    assert.ok(
      this.closed !== undefined || isUnderWay || !this.#isWanted(),
      "a region waits for a generation, and none is drawn",
    );
    // An abort is one step, and what may begin then the next.
    if (effects.some(({ kind }) => kind === "abort") || this.asked !== undefined) return;
    const isDue = this.waiting.length > 0 || this.#isPeriodicDue();
    assert.ok(!(isDue && this.#mayBegin(this.#mostUrgent())), "what is due does not begin");
  }

  /** Whether some region is closed and waits to be restored. */
  #isWanted(): boolean {
    return [...this.#down.values()].includes("closed");
  }

  /** What happens to a region next; `undefined`: it waits. */
  regionEvent(region: number): CoordinatorEvent | undefined {
    const [at, state] = [this.now, this.#down.get(region)];
    switch (state) {
      case undefined:
        this.#down.set(region, "failed");
        return { kind: "region-failed", at };
      case "failed":
        this.#down.set(region, "closed");
        return { kind: "region-closed", at, region };
      case "closed":
        return undefined;
      case "restoring":
        this.#down.delete(region);
        return { kind: "region-restored", at };
    }
  }

  #restoreRegion(region: number, generation: number): void {
    assert.equal(this.#down.get(region), "closed", "a region is restored that is not closed");
    assert.equal(this.current.size, 0, "a region is restored while a checkpoint is under way");
    assert.equal(this.uncommitted.size, 0, "a region is restored before what it goes on from is committed");
    assert.equal(generation, this.#head.generation, "a region is restored under a generation that no head holds");
    assert.ok(!this.generations.has(generation), "two regions were restored under one generation");
    this.generations.add(generation);
    this.#down.set(region, "restoring");
  }

  #mostUrgent(): RequestKind {
    return URGENCY.find((kind) => this.waiting.some((request) => request.kind === kind)) ?? "periodic";
  }

  #isPeriodicDue(): boolean {
    return this.now >= this.#nextPeriodic && this.now >= this.#endedAt + this.#config.minPauseMs;
  }

  #mayBegin(request: RequestKind): boolean {
    const { maxConcurrent, barriers } = this.#config;
    const forced = request === "savepoint" && barriers !== "unaligned";
    if (this.isHeld || this.#down.size > 0 || this.closed !== undefined || this.uncommitted.size > 0) return false;
    return this.uncleaned.size <= maxConcurrent && (this.current.size < maxConcurrent || forced);
  }

  /** What an acknowledgement is, before it is told. */
  outcomeOf(id: number, subtask: number): AcknowledgeOutcome {
    if (subtask >= this.#subtasks || id < HEAD.nextId - IDS_RESERVED || id > this.lastId) return "unknown";
    const of = this.current.get(id);
    if (of === undefined) return "late";
    return of.acknowledged.has(subtask) ? "duplicate" : "success";
  }

  /** Whether the event answers a question that is open. */
  #note(event: CoordinatorEvent): boolean {
    if (this.closed !== undefined && event.kind !== "requested") return false;
    switch (event.kind) {
      case "time":
        return true;
      case "requested":
        this.waiting = [...this.waiting, event.request];
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
      case "region-failed":
      case "region-closed":
      case "region-restored":
        return true;
      case "closed":
        this.closed = event.reason;
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
        if (effect.reason === "region-failed") assert.equal(event.kind, "region-failed");
        if (effect.reason === "subsumed") assert.ok(effect.checkpointId < (this.completed.at(-1) ?? 0));
        assert.equal(event.kind === "closed", effect.reason === this.closed, "an end that nobody asked for");
        if (countsAsFailure(effect.reason, of.request === "savepoint")) this.#failures++;
        this.#end(effect.checkpointId);
        return;
      }
      case "fail":
        assert.ok(this.#failures > this.#config.tolerableFailures, "fails with fewer failures in a row than tolerated");
        this.#failures = 0;
        return;
      case "restore-region":
        return this.#restoreRegion(effect.region, effect.generation);
      case "reject":
        return this.#reject(event, effect.ticket, effect.reason);
    }
  }

  #reject(event: CoordinatorEvent, ticket: number, reason: AbortReason): void {
    const rejected = this.waiting.find((request) => request.ticket === ticket);
    assert.ok(rejected !== undefined, "a request is turned down that does not wait");
    if (this.closed !== undefined) {
      assert.equal(reason, event.kind === "closed" ? this.closed : "shutdown");
    } else {
      assert.equal(reason, "too-many-requests");
      assert.ok(this.waiting.length > REQUESTS_MAX, "there was room for it");
      const urgencies = this.waiting.map(({ kind }) => URGENCY.indexOf(kind));
      const least = this.waiting.findLast(({ kind }) => URGENCY.indexOf(kind) === Math.max(...urgencies));
      assert.equal(rejected, least, "a more urgent one is turned down, or an older one");
    }
    this.waiting = this.waiting.filter((request) => request !== rejected);
  }

  #trigger(id: number, request: RequestKind, tickets: readonly number[]): void {
    const { maxConcurrent, intervalMs, timeoutMs, tolerableFailures } = this.#config;
    assert.ok(this.#failures <= tolerableFailures, "more failures in a row than tolerated, and it goes on");
    assert.ok(id > this.lastId, "an id came again");
    assert.ok(id < this.#head.nextId, "an id was drawn that the head does not reserve");
    assert.equal(this.#down.size, 0, "a checkpoint begins while a region is down");
    assert.ok(!this.isHeld && this.closed === undefined, "nothing may begin");
    assert.equal(this.uncommitted.size, 0, "the last one is not committed");
    assert.ok(this.uncleaned.size <= maxConcurrent, "too much is to be cleaned up");
    assert.ok(this.#mayBegin(request), "too many are under way");
    assert.equal(request, this.#mostUrgent(), "it is not of the most urgent kind that somebody waits for");
    assert.deepEqual(new Set(tickets), new Set(this.waiting.map(({ ticket }) => ticket)), "it answers all who wait");
    assert.ok(tickets.length > 0 || this.#isPeriodicDue(), "nobody asked for it, and it is not due");
    this.lastId = id;
    this.waiting = [];
    while (this.#nextPeriodic <= this.now) this.#nextPeriodic += intervalMs;
    const deadline = this.now + timeoutMs;
    this.current.set(id, { id, request, deadline, acknowledged: new Set(), manifest: "unasked" });
  }

  #writeHead(id: number | undefined, head: Head): void {
    assert.equal(this.asked, undefined, "two heads are being written");
    const isDrawn = id === undefined && head.generation === this.#head.generation + 1;
    if (isDrawn) {
      assert.ok(this.#isWanted(), "a generation is drawn for nobody");
    } else {
      assert.equal(head.generation, this.#head.generation);
      assert.ok(head.nextId > this.lastId + 1, "the head reserves no id");
    }
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
export function answerTo(
  { now: at, current, asked, uncommitted, uncleaned }: CoordinatorOracle,
  subtasks: number,
): CoordinatorEvent {
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
