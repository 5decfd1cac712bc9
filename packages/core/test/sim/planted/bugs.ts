/** The bugs that the scenarios of core must find. */
import type { PlantedBug } from "./bug.ts";

const core = (file: string): string => `packages/core/src/${file}`;
/** What is visible is wrong: lost, doubled, or never to be. */
const OUTPUT = /^output: /;

export const bugs: readonly PlantedBug[] = [
  {
    name: "alignment blocks no channel",
    edits: [{ file: core("runtime/gate.ts"), find: "this.#blocked[effect.channel] = true;", replace: "" }],
    expect: OUTPUT,
  },
  {
    name: "the barrier is forwarded before the snapshot",
    edits: [
      {
        file: core("runtime/task.ts"),
        find: "    subtask.barrier(checkpointId);\n",
        replace: `    outputs.barrier(barrier);
    trace?.({ kind: "barrier-forwarded", checkpointId, at });
    input.barrierTaken(checkpointId);
    const early = input.next();
    if (early !== undefined) this.#take(subtask, early);
    subtask.barrier(checkpointId);
    if (subtask !== undefined) return frozen(checkpointId);
`,
      },
    ],
    expect: OUTPUT,
  },
  {
    name: "a barrier that overtakes is forwarded before the snapshot",
    edits: [
      {
        file: core("runtime/task.ts"),
        find: "    subtask.barrier(checkpointId);\n",
        replace: `    if (barrier.unaligned) {
      outputs.barrier(barrier);
      trace?.({ kind: "barrier-forwarded", checkpointId, at });
      input.barrierTaken(checkpointId);
      const early = input.next();
      if (early !== undefined) this.#take(subtask, early);
      subtask.barrier(checkpointId);
      return frozen(checkpointId);
    }
    subtask.barrier(checkpointId);
`,
      },
    ],
    expect: OUTPUT,
    words: ["counting/memory/p2/unaligned"],
  },
  {
    name: "a capture skips a channel",
    edits: [
      {
        file: core("runtime/capture.ts"),
        find: "    for (const element of waiting) this.#note(channel, element);",
        replace: "    if (channel > 0) for (const element of waiting) this.#note(channel, element);",
      },
    ],
    expect: OUTPUT,
    words: ["counting/memory/p2/unaligned"],
  },
  {
    name: "a capture ends at another channel's barrier",
    edits: [
      {
        file: core("runtime/gate.ts"),
        find: "    if (capture.has(index)) capture.end(index);\n",
        replace: "    if (capture.has(index)) for (const other of this.channels.keys()) capture.end(other);\n",
      },
    ],
    expect: OUTPUT,
    words: ["relay/memory/p3/bytes/unaligned/evict", "seed=4"],
  },
  {
    name: "records in flight are replayed twice",
    edits: [
      {
        file: core("runtime/in-flight-restore.ts"),
        find: "    place.batch({ values, timestamps });",
        replace: "    place.batch({ values, timestamps });\n    place.batch({ values, timestamps });",
      },
    ],
    expect: OUTPUT,
    words: ["counting/memory/p2/unaligned"],
  },
  {
    name: "sinks commit before the head lists the checkpoint",
    edits: [
      {
        file: core("runtime/checkpoint-driver.ts"),
        find: `    env.point("manifest.written", { checkpointId });\n`,
        replace: `    env.point("manifest.written", { checkpointId });
    await this.#options.commits.commit(checkpointId, manifest.sinks);\n`,
      },
    ],
    expect: OUTPUT,
  },
  {
    name: "counted barriers take the snapshot at the first one",
    edits: [
      {
        file: core("checkpoint/barrier-counter.ts"),
        find: "if (count === this.#channels) {",
        replace: "if (count === 1) {",
      },
    ],
    expect: OUTPUT,
    words: ["delivering/memory/p2"],
  },
  {
    name: "a checkpoint completes with one acknowledgement missing",
    edits: [
      {
        file: core("checkpoint/coordinator.ts"),
        find: "if (pending.acknowledged.size < this.#subtasks) return [];",
        replace: "if (pending.acknowledged.size < this.#subtasks - 1) return [];",
      },
    ],
    expect: OUTPUT,
  },
  {
    name: "offsets are taken after the snapshot",
    edits: [
      {
        file: core("runtime/source-driver.ts"),
        find: "    const splits = reader.snapshot(checkpointId);\n",
        replace: `    const late = reader.poll(1);
    if (typeof late === "object") this.#take(late);
    const splits = reader.snapshot(checkpointId);\n`,
      },
    ],
    expect: OUTPUT,
  },
  {
    name: "what the restored checkpoint holds is not committed again",
    edits: [
      {
        file: core("runtime/commit-driver.ts"),
        find: "    await this.commit(checkpointId, sinks);\n",
        replace: "",
      },
    ],
    expect: OUTPUT,
  },
  {
    name: "a snapshot leaves out deleted entries",
    edits: [
      {
        file: core("runtime/snapshot-writer.ts"),
        find: "gathered.deletes.push(key);",
        replace: "void key;",
      },
    ],
    expect: OUTPUT,
    words: ["windows/memory/p1"],
  },
  {
    name: "a snapshot leaves out the cells of windows",
    edits: [
      {
        file: core("operators/windows/plain-windows.ts"),
        find: "return cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range, this.#firedTo));",
        replace:
          "const { snapshot } = cutTable(this.id, this.#table, this.#time.snapshot(this.#context.range, this.#firedTo));\n    return { snapshot };",
      },
    ],
    expect: OUTPUT,
    words: ["windows/memory/p1"],
  },
  {
    name: "a snapshot leaves out timers",
    edits: [
      {
        file: core("state/frozen-table.ts"),
        find: "  #add(cell: Cell, keyGroup: number): void {\n",
        replace: `  #add(cell: Cell, keyGroup: number): void {\n    if (this.#layout.slots[cell.slot]?.kind === "timers") return;\n`,
      },
    ],
    expect: OUTPUT,
    words: ["timers/memory/p2-3-1/evict"],
  },
  {
    name: "a snapshot shares state that records go on changing",
    edits: [
      {
        file: core("state/keyed-table.ts"),
        find: "    if (this.#isFrozen(cell)) this.#encodeEarly(cell);\n    if (this.journal.isOpen) this.journal.touch(cell);\n    // Before",
        replace: "    if (this.#isFrozen(cell)) return;\n    // Before",
      },
    ],
    expect: OUTPUT,
  },
  {
    name: "a subtask acknowledges before its entries are written",
    edits: [
      {
        file: core("runtime/snapshot-writer.ts"),
        find: "      await store.write(epoch, changes);",
        replace: "      store.write(epoch, changes).catch(this.#options.fail);",
      },
    ],
    expect: /a write to epoch \d+ after epoch \d+ was sealed/,
  },
  {
    name: "checkpoint ids are used again after a crash",
    edits: [
      {
        file: core("runtime/takeover.ts"),
        find: "nextId: previous.nextId + IDS_RESERVED }",
        replace: "nextId: (previous.retained.at(-1)?.checkpointId ?? 0) + 1 + IDS_RESERVED }",
      },
    ],
    expect: /both drew|ids grow with generations|reuses an id/,
  },
  {
    name: "a split that is assigned during a checkpoint is in both states",
    edits: [
      {
        file: core("runtime/source-driver.ts"),
        find: "const next = this.#barriers[0]?.checkpointId ?? Infinity;",
        replace: "const next = Infinity;",
      },
    ],
    expect: OUTPUT,
    words: ["counting/memory/p1"],
  },
  {
    name: "a split that is assigned between two cuts is in neither",
    edits: [
      {
        file: core("runtime/source-driver.ts"),
        find: "const next = this.#barriers[0]?.checkpointId ?? Infinity;",
        replace: "const next = this.#barriers.length > 0 ? 0 : Infinity;",
      },
    ],
    expect: OUTPUT,
    where: "overlapping",
    words: ["counting/memory/p2/together5", "seed=3"],
  },
  {
    name: "an unknown answer of the head is taken for a no",
    edits: [
      {
        file: core("runtime/takeover.ts"),
        find: "    if (found !== undefined && equalBytes(found.bytes, bytes)) return found.tag;\n",
        replace: "",
      },
    ],
    expect: /CHECKPOINT_FENCED|has taken it over|other processes/,
    where: "failures",
    words: ["failures"],
  },
  {
    name: "an entry leaves memory before its last write has ended",
    edits: [
      {
        file: core("state/paging/table-pager.ts"),
        find: "if (cell.epoch > 0 || -cell.epoch > this.#settledEpoch) return false;",
        replace: "if (cell.epoch > 0) return false;",
      },
    ],
    expect: OUTPUT,
    words: ["counting/memory/p2/evict"],
  },
  {
    name: "a record that is run again is not undone",
    edits: [
      {
        file: core("operators/keyed-operator.ts"),
        find: "if (this.#gate?.pager.missed !== undefined) this.#table.journal.undo();",
        replace: "if (this.#gate?.pager.missed !== undefined) this.#table.journal.close();",
      },
    ],
    expect: OUTPUT,
    words: ["timers/memory/p1/bytes/evict"],
  },
  {
    name: "changes that were written early belong to the checkpoint before them",
    edits: [
      {
        file: core("runtime/snapshot-writer.ts"),
        find: "epoch: this.#lastCheckpoint + 1, isSpill: true",
        replace: "epoch: Math.max(1, this.#lastCheckpoint), isSpill: true",
      },
    ],
    expect: /a write to epoch \d+ after epoch \d+ was sealed|^output: /,
    words: ["counting/memory/p2/evict"],
  },
  {
    name: "a list of a subtask is changed after it was frozen",
    edits: [
      {
        file: core("state/operator-state/list-items.ts"),
        find: "    this.#items = [...this.#items];\n",
        replace: "",
      },
    ],
    expect: OUTPUT,
    words: ["holding/memory/p1-2/unaligned"],
  },
  {
    name: "new subtasks get no copy of a broadcast state",
    edits: [
      {
        file: core("state/operator-state/broadcast.ts"),
        find: "subtasks.includes(subtask % before)",
        replace: "subtasks.includes(subtask)",
      },
    ],
    expect: OUTPUT,
    where: "rescaled",
    words: ["pricing-by-subtask/memory/p1-2/bytes"],
  },
  {
    name: "timers that a barrier has overtaken are taken for fired",
    edits: [
      {
        file: core("operators/keyed-operator.ts"),
        find: "    this.#timers.restored(isComplete);\n",
        replace: `    this.#timers.restored(isComplete);
    const reached = this.#time.leastOf(this.#context.range) ?? Number.NEGATIVE_INFINITY;
    while (this.#timers.event.take(reached) !== undefined);
`,
      },
    ],
    expect: OUTPUT,
    words: ["timers/memory/p2-3-1/share1", "seed=4"],
  },
  {
    name: "what a call did to state before it threw stays",
    edits: [
      {
        file: core("operators/keyed-operator.ts"),
        find: "    this.#table.journal.undoTo(began);\n",
        replace: "    void began;\n",
      },
    ],
    expect: OUTPUT,
    words: ["poison/memory/p2-3-1/unaligned/evict"],
  },
  {
    name: "a region goes back to the checkpoint that the attempt began from",
    edits: [
      {
        file: core("runtime/regions.ts"),
        find: "if (manifest === undefined) return beginning;",
        replace: "if (manifest === undefined || manifest !== beginning.manifest) return beginning;",
      },
    ],
    expect: OUTPUT,
    where: "regions",
    words: ["regions/memory/p2-1/bytes/unaligned/evict"],
  },
];
