// @boundaries-ignore one way of planting bugs serves all packages, and is part of none
import type { PlantedBug } from "../../packages/core/test/sim/planted/bug.ts";

const core = (file: string): string => `packages/core/src/${file}`;
const ANY = /./;

/**
 * Bugs for the swarm alone: what it takes to meet them is too much for the sweeps of small jobs. All but the first were in
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
];
