/**
 * What the codecs cost for each type of value, beside those of others.
 *
 * @module
 */
import { parseArgs } from "node:util";

import { formatMachine, type Machine, machine } from "../machine.ts";
import { codecsOf } from "./codecs.ts";
import { type CodecRow, measureSample } from "./measure.ts";
import { SAMPLES } from "./samples.ts";
import { tableLines } from "../table.ts";

/** What the codec benchmark found, and where. */
export interface Report extends Machine {
  readonly benchmark: "codec";
  readonly rows: readonly CodecRow[];
}

/** Measures, prints a table, and with `--json` the same as one object on the last line. */
export async function codecBench(programArguments: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      rounds: { type: "string", default: "5" },
      batches: { type: "string", default: "200" },
      others: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const effort = { rounds: wholeNumber("rounds", values.rounds), batches: wholeNumber("batches", values.batches) };
  const codecs = codecsOf(values.others);
  const rows = SAMPLES.flatMap((sample) => {
    const measured = measureSample(
      sample,
      codecs.filter(({ isJson }) => sample.isJson || !isJson),
      effort,
    );
    console.error(`${sample.name}: measured`);
    return measured;
  });
  const report: Report = { benchmark: "codec", ...machine(), rows };
  console.log(formatReport(report));
  if (values.json) console.log(JSON.stringify(report));
}

/** The report as a table for people: a line for each type, a column for each codec. */
export function formatReport(report: Report): string {
  const { rows } = report;
  const codecs = [...new Set(rows.map(({ codec }) => codec))];
  const samples = [...new Set(rows.map(({ sample }) => sample))];
  const header = ["", ...codecs];
  const body = samples.map((sample) => [
    sample,
    ...codecs.map((codec) => {
      const row = rows.find((each) => each.sample === sample && each.codec === codec);
      if (row === undefined) return "";
      const figures = `${row.encode.median.toFixed(1)} ${row.decode.median.toFixed(1)} ${row.bytesPerValue.toFixed(0)}`;
      return row.exact ? figures : `${figures} *`;
    }),
  ]);
  return [
    "Millions of values a second of processor time, written and read, and bytes a value; lists of a thousand.",
    `${formatMachine(report)}. A star: what was read is not what was written.`,
    "",
    ...tableLines([header, ...body]),
  ].join("\n");
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot use --${flag} ${text}: it must be a whole number, at least 1`);
}
