// @boundaries-ignore one way of planting bugs serves all packages, and is part of none
import type { PlantedBug } from "../../packages/core/test/sim/planted/bug.ts";

const READER = "packages/core/src/testing/sim/topic-reader.ts";
const DRIVER = "packages/core/src/runtime/source-driver.ts";
const ANY = /./;

/** Bugs of a source connector, put into the one that the swarm reads with. Where a source only ever does as it is asked, none shows. */
export const sourceBugs: readonly PlantedBug[] = [
  {
    name: "a reader takes its position for a number of records",
    edits: [
      {
        file: READER,
        find: "    reading.polled = taken.at(-1)!.position + 1;\n",
        replace: "    reading.polled += taken.length;\n",
      },
      {
        file: READER,
        find: "    reading.polled = reading.fetched;\n    if (reading.polled >= reading.log.end) this.#open.delete(splitId);\n",
        replace: "    if (reading.fetched >= reading.log.end) this.#open.delete(splitId);\n",
      },
    ],
    expect: ANY,
    where: "gaps",
  },
  {
    name: "a reader hands out again what it is given again",
    edits: [
      {
        file: READER,
        find: "entries.filter(({ position }) => position >= reading.fetched)",
        replace: "entries",
      },
    ],
    expect: ANY,
    where: "redelivery",
  },
  {
    name: "a reader takes what comes before what it has asked for",
    edits: [
      {
        file: READER,
        find: "if (from > reading.fetched || to <= reading.fetched) return;",
        replace: "if (to <= reading.fetched) return;",
      },
    ],
    expect: ANY,
    where: "redelivery",
  },
  {
    name: "a reader wakes nobody when a split ends that gives nothing more",
    edits: [
      {
        file: READER,
        find: "      this.#passGap(splitId, reading);\n      this.#wake();\n",
        replace: "      this.#passGap(splitId, reading);\n",
      },
    ],
    expect: ANY,
    where: "late-ends",
  },
  {
    name: "what a reader had at the last cut is taken for what it has, if nothing was read since",
    edits: [
      {
        file: DRIVER,
        find: "    const splits = reader.snapshot(checkpointId);\n",
        replace: "    const splits = (this.cut = reader.snapshot(checkpointId));\n",
      },
      {
        file: DRIVER,
        find: "    const [left] = reader.snapshot();\n",
        replace: "    const [left] = this.cut ?? reader.snapshot();\n",
      },
      {
        file: DRIVER,
        find: "      this.#options.reader.addSplits([split]);\n",
        replace: "      this.#options.reader.addSplits([split]);\n      this.cut = undefined;\n",
      },
      {
        file: DRIVER,
        find: "    this.#timing.take(batch);\n",
        replace: "    this.#timing.take(batch);\n    this.cut = undefined;\n",
      },
    ],
    expect: ANY,
    where: "late-ends",
  },
  {
    name: "sources are told that a checkpoint is complete which is given up",
    edits: [
      {
        file: "packages/core/src/runtime/region-run.ts",
        find: "    for (const { input, task } of this.instances) {\n      input.abort(checkpointId);\n",
        replace: `    for (const driver of this.drivers) driver.checkpointCompleted(checkpointId);
    for (const { input, task } of this.instances) {
      input.abort(checkpointId);\n`,
      },
    ],
    expect: /was acknowledged up to/,
  },
];
