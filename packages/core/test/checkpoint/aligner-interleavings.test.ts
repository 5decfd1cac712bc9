import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BarrierAligner } from "../../src/checkpoint/aligner.ts";

/** What happens at a gate: a channel gives its next step, or the coordinator aborts a checkpoint. */
type Move = { readonly channel: number } | { readonly abort: number };

/** A step of a channel: records of an epoch, then the barrier that ends it, if it has not been lost. */
interface Step {
  readonly epoch: number;
  readonly barrier: number | undefined;
}

/** What a gate must do, told from the moves alone: written from the rules and not from the aligner. */
class Reference {
  readonly blocked = new Set<number>();
  readonly snapshots: number[] = [];
  readonly #channels: number;
  /** Checkpoints that will not happen any more, because they have, were aborted, or were overtaken. */
  readonly #over = new Set<number>();
  #aligning: number | undefined;

  constructor(channels: number) {
    this.#channels = channels;
  }

  barrier(channel: number, id: number): void {
    if (this.#over.has(id)) return;
    for (let older = 1; older < id; older++) this.#end(older);
    this.#aligning = id;
    this.blocked.add(channel);
    if (this.blocked.size < this.#channels) return;
    this.snapshots.push(id);
    this.#end(id);
  }

  abort(id: number): void {
    this.#end(id);
  }

  #end(id: number): void {
    this.#over.add(id);
    if (this.#aligning !== id) return;
    this.#aligning = undefined;
    this.blocked.clear();
  }
}

/** A gate around the real aligner, as the runtime has it. */
class Gate {
  readonly blocked = new Set<number>();
  readonly snapshots: number[] = [];
  /** For each channel, the epochs whose records have come through. */
  readonly seen: number[][];
  readonly #aligner: BarrierAligner;

  constructor(channels: number) {
    this.#aligner = new BarrierAligner(channels);
    this.seen = Array.from({ length: channels }, () => []);
  }

  take(channel: number, step: Step): void {
    assert.ok(!this.blocked.has(channel), "a blocked channel gave records");
    this.seen[channel]?.push(step.epoch);
    if (step.barrier === undefined) return;
    const barrier = { checkpointId: step.barrier, unaligned: false, alignedUntil: Infinity };
    this.#apply(this.#aligner.barrier(channel, barrier));
  }

  abort(id: number): void {
    this.#apply(this.#aligner.abort(id));
  }

  #apply(effects: ReturnType<BarrierAligner["barrier"]>): void {
    for (const effect of effects) {
      if (effect.kind === "block") this.blocked.add(effect.channel);
      if (effect.kind === "unblock") this.blocked.clear();
      if (effect.kind === "snapshot") this.#snapshot(effect.barrier.checkpointId);
    }
    const aligning = this.blocked.size > 0;
    assert.equal(this.#aligner.pending !== undefined, aligning, "channels are blocked for a checkpoint, or none is");
  }

  #snapshot(id: number): void {
    this.snapshots.push(id);
    for (const [channel, epochs] of this.seen.entries()) {
      assert.ok(
        !epochs.some((epoch) => epoch >= id),
        `records behind barrier ${id} of channel ${channel} came before the snapshot`,
      );
      assert.ok(epochs.includes(id - 1), `records before barrier ${id} of channel ${channel} are not in the snapshot`);
    }
  }
}

const CHECKPOINTS = 2;

/** Epochs 0, 1 and 2, with the barriers 1 and 2 between them; `lost` says of each whether it never comes. */
function stepsOf(lost: readonly boolean[]): readonly Step[] {
  return Array.from({ length: CHECKPOINTS + 1 }, (_, epoch) => ({
    epoch,
    barrier: epoch === CHECKPOINTS || lost[epoch] === true ? undefined : epoch + 1,
  }));
}

interface Scenario {
  readonly channels: readonly (readonly Step[])[];
  /** The checkpoint that the coordinator aborts at some point. */
  readonly aborted: number | undefined;
}

/** Plays moves on gate and reference and compares them after the last: every beginning of a run is a run of its own here. */
function play(scenario: Scenario, moves: readonly Move[]): Gate {
  const gate = new Gate(scenario.channels.length);
  const reference = new Reference(scenario.channels.length);
  const next = scenario.channels.map(() => 0);
  for (const move of moves) {
    if ("abort" in move) {
      gate.abort(move.abort);
      reference.abort(move.abort);
    } else {
      const at = next[move.channel] as number;
      const step = scenario.channels[move.channel]?.[at] as Step;
      next[move.channel] = at + 1;
      gate.take(move.channel, step);
      if (step.barrier !== undefined) reference.barrier(move.channel, step.barrier);
    }
  }
  assert.equal(gate.snapshots.join(), reference.snapshots.join(), "the snapshots taken");
  const inOrder = (channels: ReadonlySet<number>): string => [...channels].toSorted((a, b) => a - b).join();
  assert.equal(inOrder(gate.blocked), inOrder(reference.blocked), "the channels blocked");
  return gate;
}

/** Follows every order in which the channels and the abort can come. Returns how many there are. */
function explore(scenario: Scenario, ended: (gate: Gate) => void): number {
  let runs = 0;
  const visit = (moves: readonly Move[]): void => {
    const gate = play(scenario, moves);
    const taken = (channel: number): number =>
      moves.filter((move) => "channel" in move && move.channel === channel).length;
    const open: Move[] = [];
    scenario.channels.forEach((steps, channel) => {
      if (!gate.blocked.has(channel) && taken(channel) < steps.length) open.push({ channel });
    });
    if (scenario.aborted !== undefined && !moves.some((move) => "abort" in move)) {
      open.push({ abort: scenario.aborted });
    }
    if (open.length === 0) {
      runs++;
      ended(gate);
    }
    for (const move of open) visit([...moves, move]);
  };
  visit([]);
  return runs;
}

describe("BarrierAligner, at every interleaving of two checkpoints", () => {
  for (const channels of [1, 2, 3]) {
    it(`of ${channels} channels takes both snapshots, each after all records before and before any behind it`, () => {
      const runs = explore(
        { channels: Array.from({ length: channels }, () => stepsOf([])), aborted: undefined },
        (gate) => {
          assert.deepEqual(gate.snapshots, [1, 2]);
          for (const epochs of gate.seen) assert.deepEqual(epochs, [0, 1, 2]);
        },
      );
      assert.ok(runs >= (channels === 1 ? 1 : 6));
    });

    for (const aborted of [1, 2]) {
      it(`of ${channels} channels blocks nothing for ever if checkpoint ${aborted} is aborted at any point`, () => {
        explore({ channels: Array.from({ length: channels }, () => stepsOf([])), aborted }, (gate) => {
          for (const epochs of gate.seen) assert.deepEqual(epochs, [0, 1, 2]);
          const other = 3 - aborted;
          assert.ok(gate.snapshots.includes(other));
        });
      });
    }
  }

  for (const channels of [2, 3]) {
    it(`of ${channels} channels goes on with checkpoint 2 whichever barriers of 1 are lost, aborted or not (BAR-02)`, () => {
      for (let lost = 1; lost < 1 << channels; lost++) {
        for (const aborted of [undefined, 1]) {
          const queues = Array.from({ length: channels }, (_, channel) => stepsOf([((lost >> channel) & 1) === 1]));
          explore({ channels: queues, aborted }, (gate) => {
            assert.deepEqual(gate.snapshots, [2]);
            for (const epochs of gate.seen) assert.deepEqual(epochs, [0, 1, 2]);
          });
        }
      }
    });
  }
});
