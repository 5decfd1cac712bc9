import { parseArgs } from "node:util";

/** What to show, and how. */
export interface BeadFlags {
  readonly step: boolean;
  readonly frames: boolean;
  readonly pauseTheWorld: boolean;
  readonly colour: boolean;
  readonly speed: number;
  readonly seed: number;
  readonly help: boolean;
}

/** A flag that cannot be used as it was given. */
export class BeadFlagError extends Error {
  override readonly name = "BeadFlagError";
}

export const HELP = `npm run demo:beads -- [flags]

Shows how Tidemark takes a checkpoint while data keeps flowing, and what happens
after a crash: two sources of integers, one sum of the even and one of the odd
numbers, two sinks. A real pipeline runs on the engine, in virtual time, and
what you see is drawn from its trace events.

  --step             wait for a key after each frame: Enter on, b back, p play,
                     q quit
  --speed <x>        play x times as fast: 0.1 to 100 (default 1)
  --seed <n>         draws the integers and the order in which subtasks take
                     turns (default 9)
  --pause-the-world  beside it the naive algorithm, calculated for the same
                     beads and costs: stop everything, save, go on; with the
                     time lost in each pause. The crash is left out, so that
                     only the pauses differ
  --frames           print all frames as plain text, one after the other; the
                     default without a terminal
  --no-color         no colours
  --help             this text

While it plays: space pauses, q quits. Ends with 0 if everything was committed
exactly once, 1 if not, 2 if it could not run.
`;

/** The seed whose story is told best. */
const SEED = 9;

/**
 * Reads the flags.
 *
 * @throws {BeadFlagError} with a sentence.
 */
export function parseBeadFlags(args: readonly string[]): BeadFlags {
  const values = read(args);
  const step = values.step ?? false;
  const frames = values.frames ?? false;
  if (step && frames) {
    throw new BeadFlagError("Cannot use --step and --frames together: one waits for keys, the other does not wait");
  }
  return {
    step,
    frames,
    pauseTheWorld: values["pause-the-world"] ?? false,
    colour: values["no-color"] !== true,
    speed: inRange("speed", values.speed, /^\d+(\.\d+)?$/, 0.1, 100, 1),
    seed: inRange("seed", values.seed, /^\d+$/, 0, 2 ** 32 - 1, SEED),
    help: values.help ?? false,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        step: { type: "boolean" },
        frames: { type: "boolean" },
        "pause-the-world": { type: "boolean" },
        "no-color": { type: "boolean" },
        speed: { type: "string" },
        seed: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new BeadFlagError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function inRange(
  name: string,
  text: string | undefined,
  form: RegExp,
  least: number,
  most: number,
  otherwise: number,
): number {
  if (text === undefined) return otherwise;
  const value = form.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const what = form.source.includes(".") ? "a number" : "a whole number";
  throw new BeadFlagError(`Cannot use --${name} ${text}: it is ${what} from ${least} to ${most}`);
}
