// runtimes: node24
/** Every interleaving of two checkpoints at a gate of two channels, in every mode, with whatever may come between. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type BarrierMode, type BarrierMove, BarrierWorld } from "./barrier-world.ts";

const CHANNELS = 2;
const CHECKPOINTS = 2;

/** How a writer ends an epoch: with its barrier, with a marker in its place, or, what no writer does, with neither. */
type End = "barrier" | "mark" | "lose";

/** What comes between, once, at any point. */
type Disturbance = { readonly kind: "abort" | "timeout"; readonly id: number } | undefined;

interface Scenario {
  readonly mode: BarrierMode;
  /** By channel, how its first epoch ends. The second one ends with a barrier. */
  readonly ends: readonly End[];
  readonly disturbance: Disturbance;
}

/** A run as far as it has come. */
interface Run {
  readonly moves: readonly BarrierMove[];
  /** By channel, how many epochs were written. */
  readonly written: readonly number[];
  readonly isDisturbed: boolean;
}

const ALL_WRITTEN: readonly number[] = Array.from({ length: CHANNELS }, () => CHECKPOINTS);

/** A writer puts a record and the end of its epoch into the channel at once. */
function epochOf(ends: readonly End[], channel: number, epoch: number): readonly BarrierMove[] {
  return [
    { kind: "write", channel },
    { kind: epoch === 0 ? (ends[channel] as End) : "barrier", channel },
  ];
}

/** Where nothing overtakes, a gate knows only what it takes: all is written before, and nothing is left out by that. */
function beginningOf({ mode, ends }: Scenario): Run {
  if (mode === "unaligned") return { moves: [], written: ALL_WRITTEN.map(() => 0), isDisturbed: false };
  const moves = ALL_WRITTEN.flatMap((epochs, channel) =>
    Array.from({ length: epochs }, (_, epoch) => epochOf(ends, channel, epoch)).flat(),
  );
  return { moves, written: ALL_WRITTEN, isDisturbed: false };
}

/** What may happen next, and changes anything. */
function nextOf({ ends, disturbance }: Scenario, run: Run, world: BarrierWorld): readonly Run[] {
  const { moves, written, isDisturbed } = run;
  const next: Run[] = [];
  for (let channel = 0; channel < CHANNELS; channel++) {
    const epoch = written[channel] as number;
    // Where both channels are alike, it is of no matter which of them is the first.
    const isMirrored = moves.length === 0 && channel > 0 && ends[0] === ends[channel];
    if (epoch < CHECKPOINTS && !isMirrored) {
      const more = [...moves, ...epochOf(ends, channel, epoch)];
      next.push({ moves: more, written: written.with(channel, epoch + 1), isDisturbed });
    }
    if (world.blocked.has(channel) || world.queues[channel]?.length === 0) continue;
    next.push({ ...run, moves: [...moves, { kind: "take", channel }] });
  }
  const newest = Math.max(...written);
  if (disturbance === undefined || isDisturbed || (disturbance.kind === "timeout" && newest < disturbance.id)) {
    return next;
  }
  const { kind, id } = disturbance;
  return [...next, { moves: [...moves, { kind, back: newest + 1 - id }], written, isDisturbed: true }];
}

/** Follows every order. @returns which of the checkpoints are complete in the end, each way once. */
function outcomesOf(scenario: Scenario): readonly string[] {
  const outcomes = new Set<string>();
  const play = (moves: readonly BarrierMove[], world = new BarrierWorld(scenario.mode, CHANNELS)): BarrierWorld => {
    for (const move of moves) world.do(move);
    return world;
  };
  const visit = (run: Run, world: BarrierWorld): void => {
    const next = nextOf(scenario, run, world);
    const last = next.at(-1);
    if (last === undefined) {
      world.settle();
      outcomes.add(world.complete.filter((id) => id <= CHECKPOINTS).join(" and ") || "none");
      return;
    }
    for (const each of next.slice(0, -1)) visit(each, play(each.moves));
    visit(last, play(last.moves.slice(run.moves.length), world));
  };
  const beginning = beginningOf(scenario);
  visit(beginning, play(beginning.moves));
  return [...outcomes].toSorted();
}

const BARRIERS = ["barrier", "barrier"] as const;
const ABORT_1 = { kind: "abort", id: 1 } as const;
const ABORT_2 = { kind: "abort", id: 2 } as const;
const TIMEOUT_1 = { kind: "timeout", id: 1 } as const;

/** By mode: how first epochs end, what comes between, and what may become of it. */
const SCENARIOS: Readonly<Record<BarrierMode, readonly (readonly [readonly End[], Disturbance, readonly string[]])[]>> =
  {
    aligned: [
      [BARRIERS, undefined, ["1 and 2"]],
      [BARRIERS, ABORT_1, ["1 and 2", "2"]],
      [BARRIERS, ABORT_2, ["1", "1 and 2"]],
    ],
    counted: [
      [BARRIERS, undefined, ["1 and 2"]],
      [BARRIERS, ABORT_1, ["1 and 2", "2"]],
      [BARRIERS, ABORT_2, ["1", "1 and 2"]],
    ],
    // A barrier that overtakes ends what is still being aligned.
    unaligned: [
      [BARRIERS, undefined, ["1 and 2", "2"]],
      [BARRIERS, ABORT_1, ["1 and 2", "2"]],
      [BARRIERS, ABORT_2, ["1", "1 and 2", "2", "none"]],
      [BARRIERS, TIMEOUT_1, ["1 and 2", "2"]],
    ],
  };

for (const mode of ["aligned", "counted", "unaligned"] as const) {
  describe(`barriers that are ${mode}, in every interleaving of two checkpoints (BAR-01, COR-01, COR-02)`, () => {
    for (const [ends, disturbance, expected] of SCENARIOS[mode]) {
      const between = disturbance === undefined ? "nothing" : `the ${disturbance.kind} of ${disturbance.id}`;
      it(`with ${between} between`, () => {
        assert.deepEqual(outcomesOf({ mode, ends, disturbance }), expected);
      });
    }

    it("with a marker in the place of a barrier, or with nothing there, the second one is complete (BAR-02, BAR-03, COR-03)", () => {
      for (const one of ["mark", "lose"] as const) {
        for (const other of ["barrier", "mark", "lose"] as const) {
          assert.deepEqual(outcomesOf({ mode, ends: [one, other], disturbance: undefined }), ["2"], `${one}, ${other}`);
        }
      }
    });

    it("with a marker and an abort, whichever comes first (BAR-03, COR-02, COR-03)", () => {
      assert.deepEqual(outcomesOf({ mode, ends: ["mark", "mark"], disturbance: ABORT_1 }), ["2"]);
    });
  });
}
