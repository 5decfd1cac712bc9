// @boundaries-ignore one way of planting bugs serves all packages, and is part of none
import type { PlantedBug } from "../../packages/core/test/sim/planted/bug.ts";

const core = (file: string): string => `packages/core/src/${file}`;
const level = (file: string): string => `packages/backend-leveldb/src/${file}`;
const s3 = (file: string): string => `packages/backend-s3/src/${file}`;
const ANY = /./;

/** Bugs that systems of this kind have had, put where this one would have them; the last two are worse. For the swarm alone. */
export const knownBugs: readonly PlantedBug[] = [
  {
    name: "a checkpoint goes on with what a failed attempt of a region acknowledged",
    edits: [
      {
        file: core("checkpoint/coordinator.ts"),
        find: `const lost = this.#pending.filter(({ phase }) => phase !== "head");`,
        replace: "const lost = this.#pending.filter(() => false);",
      },
      {
        file: core("runtime/region-run.ts"),
        find: "this.#unlessFailed(() => events.written(of, checkpointId, snapshot)),",
        replace: "events.written(of, checkpointId, snapshot),",
      },
    ],
    expect: ANY,
    where: "regions",
  },
  {
    name: "a transaction that is not there is taken for settled",
    edits: [
      {
        file: core("runtime/commit-driver.ts"),
        find: `if (typeof outcome === "object") throw commitFailed(sinkId, [request], outcome.failed);`,
        replace: `if (typeof outcome === "object") return false;`,
      },
    ],
    expect: ANY,
  },
  {
    name: "a restore picks the newest manifest that is listed",
    edits: [
      {
        file: core("runtime/recovery.ts"),
        find: "  const newest = head.retained.at(-1);\n  if (newest === undefined) return undefined;\n",
        replace: `  const names = (await session.manifests.list()).filter((name) => /^[0-9]{10}-[0-9]{16}$/.test(name));
  const name = names.toSorted().at(-1);
  if (name === undefined) return undefined;
  const newest = { manifest: name, generation: Number(name.slice(0, 10)), checkpointId: Number(name.slice(11)) };
`,
      },
    ],
    expect: ANY,
  },
  {
    name: "nothing fences a commit: the head is set though another process has set it",
    edits: [
      {
        file: core("runtime/checkpoint-driver.ts"),
        find: `      const tag = await replaceHead(session.head, this.#tag, head);
      if (tag === undefined) throw fenced(head.job, head.generation);
`,
        replace: `      let tag = await replaceHead(session.head, this.#tag, head);
      while (tag === undefined) tag = await replaceHead(session.head, (await session.head.read())?.tag, head);
`,
      },
    ],
    expect: ANY,
    where: "s3",
  },
  {
    name: "what is old is deleted before the head lists what is new",
    edits: [
      {
        file: core("runtime/checkpoint-driver.ts"),
        find: `    env.point("head.writing", { checkpointId });\n`,
        replace: `    env.point("head.writing", { checkpointId });
    if (checkpointId !== undefined) await session.release(await this.#handles.epochsOf(head.retained, []));\n`,
      },
    ],
    expect: ANY,
  },
  {
    name: "no checksum is looked at of an envelope",
    edits: [
      {
        file: core("bytes/sealed.ts"),
        find: "if (checksum !== expected) throw",
        replace: "if (checksum < 0) throw",
      },
    ],
    expect: ANY,
    where: "damage",
  },
  {
    name: "no checksum is looked at of a segment's block",
    edits: [
      {
        file: core("state/segments/segment-codec.ts"),
        find: "if (block.length === ref.sizeBytes && checksum === ref.checksum) return;",
        replace: "if (checksum >= 0) return;",
      },
    ],
    expect: ANY,
    where: "damage-of-segments",
  },
  {
    name: "a layer of segments forgets to tell one of its states",
    edits: [
      {
        file: core("state/segments/state-names.ts"),
        find: "    names.push(name);\n",
        replace: "    if (names.length !== 1) names.push(name);\n",
      },
    ],
    expect: ANY,
    where: "s3",
  },
  {
    name: "a store does not note of which states it gets rows (LevelDB)",
    edits: [
      {
        file: level("stored-states.ts"),
        find: "for (const { key } of puts) this.#seen.add(key);",
        replace: "for (const { key } of puts.slice(1)) this.#seen.add(key);",
      },
    ],
    expect: ANY,
    where: "leveldb",
  },
  {
    name: "no checksum is looked at of a row (LevelDB)",
    edits: [
      {
        file: level("row-values.ts"),
        find: "return crc32c(payload, crc32c(key)) === readU32(value, 0) ? payload : undefined;",
        replace: "return crc32c(payload, crc32c(key)) + readU32(value, 0) >= 0 ? payload : undefined;",
      },
    ],
    expect: ANY,
    where: "damage-of-rows",
  },
  {
    name: "nobody gives up an upload in parts that a crash has left (S3)",
    edits: [
      {
        file: s3("s3-session.ts"),
        find: "    for (const prefix of this.#prefixes) await abortLeftovers(this.#requests, prefix, this.#generation);\n",
        replace: "",
      },
    ],
    expect: ANY,
    where: "parts",
  },
  {
    name: "a subtask of another parallelism restores one key group too few",
    edits: [
      {
        file: core("runtime/recovery.ts"),
        find: "function rangesOf({ subtask, stage, keyGroups }: StorePlace,",
        replace: "function rangesOf({ subtask, stage, keyGroups, manifest }: StorePlace,",
      },
      {
        file: core("runtime/recovery.ts"),
        find: "  return Array.from({ length: last - first + 1 }, (_, at) =>",
        replace: `  const isOld = manifest?.stores.some((part) => part.keyGroups.first === first && part.keyGroups.last === last);
  return Array.from({ length: last - first + (isOld ? 1 : 0) }, (_, at) =>`,
      },
    ],
    expect: ANY,
    where: "rescaled",
  },
  {
    name: "a barrier takes the place of the last record of the batch before it",
    edits: [
      {
        file: core("runtime/outputs.ts"),
        find: `for (const channel of this.#all) channel.push({ kind: "barrier", barrier });`,
        replace: `for (const channel of this.#all) {
      channel.shorten();
      channel.push({ kind: "barrier", barrier });
    }`,
      },
      {
        file: core("runtime/channel.ts"),
        find: "  get isEmpty(): boolean {\n",
        replace: `  shorten(): void {
    const last = this.isEmpty ? undefined : this.#queue.at(-1);
    if (last?.kind !== "batch" || last.batch.values.length < 2) return;
    const { values, timestamps } = last.batch;
    this.#queue[this.#queue.length - 1] = {
      kind: "batch",
      batch: { ...last.batch, values: values.slice(0, -1), timestamps: timestamps.slice(0, -1) },
    };
    this.#records--;
  }

  get isEmpty(): boolean {\n`,
      },
    ],
    expect: ANY,
  },
  {
    name: "a fold forgets what was deleted, and older layers still have it",
    edits: [
      {
        file: core("state/segments/fold.ts"),
        find: `const deletes = isWhole ? "hidden" : "shown";`,
        replace: `const deletes = "hidden";`,
      },
    ],
    expect: ANY,
    where: "parts",
  },
  {
    name: "a start looks for its checkpoint before it has taken the job over",
    edits: [
      {
        file: core("runtime/opening.ts"),
        find: `    env.point("restore.starting");\n`,
        replace: `    env.point("restore.starting");
    const early = await session.head.read();\n`,
      },
      {
        file: core("runtime/opening.ts"),
        find: "findBeginning(session, owned.head, this.#image,",
        replace: "findBeginning(session, early === undefined ? owned.head : decodeHead(early.bytes), this.#image,",
      },
    ],
    expect: ANY,
    where: "s3",
  },
];
