// @boundaries-ignore one way of planting bugs serves all packages, and is part of none
import type { PlantedBug } from "../../packages/core/test/sim/planted/bug.ts";

const core = (file: string): string => `packages/core/src/${file}`;
const ANY = /./;
/** Every row is right, and memory is not. */
const BOUNDS = /^bounds: /;

/**
 * Bugs for the swarm alone: what it takes to meet them is too much for the sweeps of small jobs. Of these three were in
 * the engine, and the swarm has found them there.
 */
export const swarmBugs: readonly PlantedBug[] = [
  {
    name: "a sink forgets what it prepared before it is committed",
    edits: [
      {
        file: core("runtime/checkpoint-driver.ts"),
        find: "    this.#commits = this.#commits.then(() => this.#commit(manifest));\n",
        replace: `    this.#options.committed(checkpointId);
    this.#commits = this.#commits.then(() => this.#commit(manifest));\n`,
      },
    ],
    expect: ANY,
  },
  {
    name: "a capture takes what is behind a barrier that was held up",
    edits: [
      {
        file: core("runtime/channel.ts"),
        find: "return this.#queue.slice(this.#first, index < 0 ? undefined : index);",
        replace: "return this.#queue.slice(this.#first);",
      },
    ],
    expect: ANY,
    where: "unaligned",
  },
  {
    name: "a clean-up goes on when its stores are closed",
    edits: [
      {
        file: core("state/segments/session.ts"),
        find: "    if (!this.#knowsWhatIsBehind(retained)) return;\n",
        replace: "",
      },
    ],
    expect: ANY,
    where: "slow-lists",
  },
  {
    name: "a savepoint that stops the job is told of before the job has ended",
    edits: [
      {
        file: core("runtime/savepoint-driver.ts"),
        find: "      if (!request.isLast) return this.#serve(request, summary);\n",
        replace: "      if (request !== undefined) return this.#serve(request, summary);\n",
      },
    ],
    expect: ANY,
    where: "moved",
  },
  {
    name: "nobody waits for room in a channel",
    edits: [
      {
        file: core("runtime/outputs.ts"),
        find: "    for (const channel of this.#all) if (channel.isFull) return true;\n",
        replace: "",
      },
    ],
    expect: BOUNDS,
  },
  {
    name: "checkpoints go on though those before them are not cleaned up after",
    edits: [
      {
        file: core("checkpoint/coordinator.ts"),
        find: "    if (this.#cleaning.size > maxConcurrent) return false;\n",
        replace: "",
      },
    ],
    expect: BOUNDS,
    where: "s3",
  },
  {
    name: "calls begin though as many are under way as may be",
    edits: [
      {
        file: core("operators/async/async-map.ts"),
        find: "    while (this.#begun < this.#settings.capacity) {\n",
        replace: "    for (;;) {\n",
      },
    ],
    expect: BOUNDS,
  },
  {
    name: "checkpoints go on though rows of the one before are on their way to be visible",
    edits: [
      {
        file: core("checkpoint/coordinator.ts"),
        find: "this.#closed || this.#committing.size > 0) return false;",
        replace: "this.#closed) return false;",
      },
    ],
    expect: BOUNDS,
  },
  {
    name: "a sink gets rows while it is drained",
    edits: [
      {
        file: core("operators/sink.ts"),
        find: "    if (this.#draining) return PENDING;\n",
        replace: "    if (this.#draining) return DONE;\n",
      },
      {
        file: core("operators/sink.ts"),
        find: "    return PENDING;\n  }\n\n  cut(",
        replace: "    return DONE;\n  }\n\n  cut(",
      },
    ],
    expect: BOUNDS,
  },
  {
    name: "what barriers overtook stays in memory when it is written",
    edits: [{ file: core("runtime/snapshot-writer.ts"), find: "    capture?.drop();\n", replace: "" }],
    expect: BOUNDS,
    where: "unaligned",
  },
  {
    name: "the needs of checkpoints that are gone are not forgotten",
    edits: [
      {
        file: core("runtime/retained-handles.ts"),
        find: "      if (checkpointId < newest && !kept.has(name)) this.#known.delete(name);\n",
        replace: "      if (checkpointId < 0) this.#known.delete(name);\n",
      },
    ],
    expect: BOUNDS,
  },
  {
    name: "a writer does not wait for the objects before its own",
    edits: [
      {
        file: core("state/segments/packs.ts"),
        find: "    if (writing.length > ON_THEIR_WAY_MAX) await",
        replace: "    if (writing.length < 0) await",
      },
    ],
    expect: BOUNDS,
    where: "tiny",
  },
  {
    name: "reads begin though as many are under way as may be",
    edits: [
      {
        file: core("state/segments/medium.ts"),
        find: "if (this.#reads >= this.tuning.parallelReads) await",
        replace: "if (this.#reads < 0) await",
      },
    ],
    expect: BOUNDS,
    where: "tiny",
  },
  {
    name: "records do not wait for state that is being written",
    edits: [
      {
        file: core("state/paging/state-memory.ts"),
        find: "    return this.#writing === 0 || this.usedBytes <= this.limitBytes * STALL_RATIO;\n",
        replace: "    return true;\n",
      },
    ],
    expect: BOUNDS,
    where: "limited",
  },
  {
    name: "what left memory is remembered in more than its share",
    edits: [
      {
        file: core("state/paging/key-filter.ts"),
        find: "this.#push(Math.min(FIRST_BYTES_MAX, this.#budget()));",
        replace: "this.#push(FIRST_BYTES_MAX);",
      },
    ],
    expect: BOUNDS,
    where: "limited",
  },
  {
    name: "a commit that is not answered ends the attempt with an error of no kind",
    edits: [
      {
        file: core("runtime/commit-driver.ts"),
        find: `    return requests.map(() => "retry");\n`,
        replace: `    throw new Error("no answer");\n`,
      },
    ],
    expect: /^failures: /,
    where: "failures",
  },
  {
    name: "what barriers overtook stays in memory when the checkpoint is given up",
    edits: [
      {
        file: core("runtime/gate.ts"),
        find: `still being written.
    if (this.#capture?.checkpointId === checkpointId) this.#dropCapture();
`,
        replace: "still being written.\n",
      },
    ],
    expect: BOUNDS,
    where: "hasty",
  },
];
