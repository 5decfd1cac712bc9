import assert from "node:assert/strict";
import {
  CheckpointCoordinator,
  type CoordinatorEffect,
  type CoordinatorEvent,
  IDS_RESERVED,
} from "../../src/checkpoint/coordinator.ts";
import type { DeclineReason } from "../../src/checkpoint/abort-reason.ts";
import type { Head } from "../../src/checkpoint/head.ts";
import type { CheckpointConfig } from "../../src/checkpoint/options.ts";
import type { CheckpointRequest } from "../../src/checkpoint/request-queue.ts";

/** Every second, given up after five, no failure tolerated, one retained. */
export const CONFIG: CheckpointConfig = {
  intervalMs: 1000,
  timeoutMs: 5000,
  minPauseMs: 0,
  tolerableFailures: 0,
  retained: 1,
  maxConcurrent: 1,
  barriers: "aligned",
  alignedTimeoutMs: Infinity,
};

/** The head after a takeover: ids 1 to 16 are reserved. */
export const HEAD: Head = {
  job: "job",
  owner: "0123456789abcdef",
  generation: 3,
  nextId: 1 + IDS_RESERVED,
  retained: [],
};

/** What the wall clock says in these tests. */
export const WALL_CLOCK = 1_700_000_000_000;

/** How many subtasks acknowledge in these tests. */
export const SUBTASKS = 2;

/** An effect as one word and its id: `trigger 1`. */
export function shown(effects: readonly CoordinatorEffect[]): readonly string[] {
  return effects.map((effect) => {
    const reason = "reason" in effect ? ` ${effect.reason}` : "";
    if (effect.kind === "restore-region") return `restore-region ${effect.region} under ${effect.generation}`;
    if (effect.kind === "reject") return `reject #${effect.ticket}${reason}`;
    return `${effect.kind} ${effect.checkpointId ?? "ids"}${reason}`;
  });
}

/** A coordinator, with shorthands for what the driver would tell it. Begins at 0. */
export class Coordinated {
  readonly coordinator: CheckpointCoordinator;
  /** The heads that were asked for, newest last. */
  readonly heads: Head[] = [];
  readonly #complete: number[] = [];

  constructor(config: Partial<CheckpointConfig> = {}, head: Head = HEAD) {
    this.coordinator = new CheckpointCoordinator({
      at: 0,
      subtasks: SUBTASKS,
      config: { ...CONFIG, ...config },
      head,
      firstId: head.nextId - IDS_RESERVED,
      wallClock: () => WALL_CLOCK,
    });
  }

  on(event: CoordinatorEvent): readonly string[] {
    const effects = this.coordinator.on(event);
    for (const effect of effects) {
      if (effect.kind === "write-head") this.heads.push(effect.head);
      if (effect.kind === "complete") this.#complete.push(effect.checkpointId);
    }
    return shown(effects);
  }

  time(at: number): readonly string[] {
    return this.on({ kind: "time", at });
  }

  request(at: number, kind: CheckpointRequest["kind"] = "manual", ticket: number = 0): readonly string[] {
    return this.on({ kind: "requested", at, request: { ticket, kind } });
  }

  decline(at: number, checkpointId: number, reason: DeclineReason = "snapshot-failed"): readonly string[] {
    return this.on({ kind: "declined", at, checkpointId, reason });
  }

  /** All that is complete is committed and cleaned up after. */
  settle(at: number): readonly string[] {
    return this.#complete
      .splice(0)
      .flatMap((checkpointId) => [
        ...this.on({ kind: "committed", at, checkpointId }),
        ...this.on({ kind: "cleaned", at, checkpointId }),
      ]);
  }

  acknowledge(at: number, checkpointId: number, subtask: number): readonly string[] {
    return this.on({ kind: "acknowledged", at, checkpointId, subtask });
  }

  /** Every subtask has acknowledged. */
  acknowledgeAll(at: number, checkpointId: number): readonly string[] {
    return Array.from({ length: SUBTASKS }, (_, subtask) => this.acknowledge(at, checkpointId, subtask)).flat();
  }

  manifestWritten(at: number, checkpointId: number): readonly string[] {
    return this.on({ kind: "manifest-written", at, checkpointId });
  }

  /** The head asked for last has been written. */
  headWritten(at: number, checkpointId: number | undefined): readonly string[] {
    const head = this.heads.at(-1);
    assert.ok(head !== undefined);
    return this.on({ kind: "head-written", at, checkpointId, head });
  }

  /** Completes a checkpoint that was triggered, without settling it. */
  complete(at: number, checkpointId: number): readonly string[] {
    this.acknowledgeAll(at, checkpointId);
    this.manifestWritten(at, checkpointId);
    return this.headWritten(at, checkpointId);
  }
}
