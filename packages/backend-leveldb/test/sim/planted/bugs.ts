/** The bugs that the scenarios of backend-leveldb must find. */
// @boundaries-ignore one way of planting bugs serves the tests of all packages, and is part of none
import type { PlantedBug } from "../../../../core/test/sim/planted/bug.ts";

const level = (file: string): string => `packages/backend-leveldb/src/${file}`;
/** What is visible is wrong: lost, doubled, or never to be. */
const OUTPUT = /^output: /;

export const bugs: readonly PlantedBug[] = [
  {
    name: "a head is acknowledged before it is on the disk",
    edits: [
      {
        file: level("head-row.ts"),
        find: "await rows.commitDurably([{ key: HEAD_KEY,",
        replace: "await rows.commit([{ key: HEAD_KEY,",
      },
    ],
    expect: OUTPUT,
    where: "leveldb",
  },
  {
    name: "a batch is not synced where a power failure may take it and leave a later one",
    edits: [
      {
        file: level("level-rows.ts"),
        find: "await this.#write(changes, !this.#order.isKept);",
        replace: "await this.#write(changes, false);",
      },
    ],
    expect: OUTPUT,
    where: "lost-in-any-order",
    words: ["counting/leveldb-given/p2"],
  },
  {
    name: "no image is kept of what an epoch overwrites",
    edits: [
      {
        file: level("undo-writer.ts"),
        find: "return [{ key: undoKey(epoch, key), payload: encodeImage(image) }, put];",
        replace: "return [put];",
      },
    ],
    expect: OUTPUT,
    where: "leveldb",
  },
  {
    name: "a rollback stops one epoch too early",
    edits: [
      {
        file: level("rollback.ts"),
        find: "for (const newest of (await epochsAbove(rows, epoch)).toReversed())",
        replace: "for (const newest of (await epochsAbove(rows, epoch + 1)).toReversed())",
      },
    ],
    expect: OUTPUT,
    where: "leveldb",
  },
  {
    name: "a rollback forgets images before it has put them back",
    edits: [
      {
        file: level("rollback.ts"),
        find: "      await rows.commit(changes);\n      return page.isEnd;\n    });\n  }\n}\n\n/** Deletes all data",
        replace: `      await rows.commit(changes.filter((change) => change.payload === undefined));
      await rows.commit(changes.filter((change) => change.payload !== undefined));
      return page.isEnd;\n    });\n  }\n}\n\n/** Deletes all data`,
      },
    ],
    expect: OUTPUT,
    where: "leveldb",
    words: ["again"],
  },
  {
    name: "a region restarts on what its stores hold since the checkpoint",
    edits: [
      {
        file: level("level-session.ts"),
        find: "if (epoch !== undefined) await this.#undoOwn(",
        replace: "if (epoch === -1) await this.#undoOwn(",
      },
    ],
    expect: OUTPUT,
    where: "regions-on-leveldb",
    words: ["regions/leveldb-given/p1"],
  },
];
