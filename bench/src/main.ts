/**
 * The benchmarks.
 *
 *     npm run bench -- core
 *     npm run bench -- checkpoints --json
 *     npm run bench -- latency --seconds 20
 *     npm run bench -- core --records 1000000 --repeat 3 --json
 *     npm run bench -- state --backend leveldb --json
 */
const BENCHES: Readonly<Record<string, (programArguments: readonly string[]) => Promise<void>>> = {
  checkpoints: async (given) => (await import("./checkpoints/bench.ts")).checkpointsBench(given),
  codec: async (given) => (await import("./codec/bench.ts")).codecBench(given),
  core: async (given) => (await import("./core/bench.ts")).coreBench(given),
  latency: async (given) => (await import("./latency/bench.ts")).latencyBench(given),
  startup: async (given) => (await import("./startup/bench.ts")).startupBench(given),
  state: async (given) => (await import("./state/bench.ts")).stateBench(given),
};

const [name = "", ...programArguments] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`Cannot run benchmark "${name}": there is ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  await bench(programArguments);
}
