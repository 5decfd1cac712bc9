/**
 * The benchmarks.
 *
 *     npm run bench -- core
 *     npm run bench -- checkpoints --json
 *     npm run bench -- core --records 1000000 --repeat 3 --json
 *     npm run bench -- state --backend leveldb --json
 */
import { checkpointsBench } from "./checkpoints/bench.ts";
import { coreBench } from "./core/bench.ts";
import { stateBench } from "./state/bench.ts";

const BENCHES: Readonly<Record<string, (programArguments: readonly string[]) => Promise<void>>> = {
  checkpoints: checkpointsBench,
  core: coreBench,
  state: stateBench,
};

const [name = "", ...programArguments] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`Cannot run benchmark "${name}": there is ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  await bench(programArguments);
}
