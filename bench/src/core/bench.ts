/**
 * The engine against the same computation as a loop over a `Map`.
 *
 * @module
 */
import { runApart } from "../apart.ts";
import { machine } from "../machine.ts";
import { COMPUTATIONS } from "./computations/mod.ts";
import { type Flags, readFlags, RIVALS_ONLY } from "./flags.ts";
import { measure } from "./measure.ts";
import { formatReport, type Report, type ReportRow } from "./report.ts";
import { measureRivals, type RivalRow } from "./rivals/measure-rivals.ts";
import { makeSales } from "./sales.ts";

/** Measures, prints a table, and with `--json` the same as one object on the last line. */
export async function coreBench(programArguments: readonly string[]): Promise<void> {
  const flags = readFlags(programArguments);
  const rows: ReportRow[] = [];
  for (const keys of flags.keys) {
    for (const computation of flags.only) {
      rows.push(
        ...(flags.here ? await measureHere(flags, computation, keys) : await measureApart(flags, computation, keys)),
      );
    }
  }
  const rivals: RivalRow[] = [];
  if (flags.rivals) {
    for (const keys of flags.keys) {
      rivals.push(...(flags.here ? await measureRivalsHere(flags, keys) : await measureRivalsApart(flags, keys)));
    }
  }
  const report: Report = {
    benchmark: "core",
    ...machine(),
    records: flags.records,
    repeat: flags.repeat,
    rows,
    rivals,
  };
  console.log(formatReport(report));
  if (flags.json) console.log(JSON.stringify(report));
}

/** In a process of its own, so that what one computation taught the compiler does not touch the next. */
async function measureApart(flags: Flags, computation: string, keys: number): Promise<readonly ReportRow[]> {
  const { parallelism, checkpoints } = flags;
  const configured = ["--parallelism", parallelism.join(), "--checkpoints", checkpoints.join()];
  return (await runOne(flags, computation, keys, configured)).rows;
}

async function measureRivalsApart(flags: Flags, keys: number): Promise<readonly RivalRow[]> {
  return (await runOne(flags, RIVALS_ONLY, keys)).rivals;
}

async function runOne(
  { records, repeat }: Flags,
  name: string,
  keys: number,
  configured: readonly string[] = [],
): Promise<Report> {
  const measuring = `core --here --json --records ${records} --repeat ${repeat} --only ${name} --keys ${keys}`;
  const report = await runApart({
    main: new URL("../main.ts", import.meta.url),
    programArguments: [...measuring.split(" "), ...configured],
    nodeFlags: ["--expose-gc"],
  });
  return report as Report;
}

function measureRivalsHere({ records, repeat }: Flags, keys: number): Promise<readonly RivalRow[]> {
  const progress = (done: string): void => console.error(`${done}, ${keys} keys: measured`);
  return measureRivals(makeSales(records, keys).all, { keys, repeat, progress });
}

async function measureHere(flags: Flags, name: string, keys: number): Promise<readonly ReportRow[]> {
  const computation = COMPUTATIONS.find((each) => each.name === name);
  if (computation === undefined) throw new RangeError(`Cannot measure "${name}": there is no such computation`);
  const sales = makeSales(flags.records, keys);
  const configurations = flags.parallelism.flatMap((parallelism) =>
    flags.checkpoints.map((checkpoints) => ({ parallelism, checkpoints })),
  );
  const measured = await measure(computation, sales, {
    configurations,
    repeat: flags.repeat,
    progress: (done) => console.error(`${name}, ${keys} keys: ${done}`),
  });
  return measured.map((each) => ({ computation: name, keys, ...each }));
}
