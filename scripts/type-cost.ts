/** Measures what the types of a long pipeline cost the compiler, and so the editor. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execute } from "./execute.ts";
import { ROOT } from "./workspace.ts";

/** The operators that are measured. */
const OPERATORS = 100;

/** The most type instantiations that they may take. Raise it together with the reason. */
const INSTANTIATIONS_MAX = 12_000;

/** What the operators of a long pipeline came to. */
export interface TypeCost {
  readonly operators: number;
  readonly instantiations: number;
  readonly instantiationsMax: number;
}

/**
 * Compiles a pipeline of many operators and one of a few, against the built types: the difference is what they cost.
 *
 * @throws {Error} if one does not compile.
 */
export async function typeCost(): Promise<TypeCost> {
  const few = await instantiationsOf(STEPS.length);
  const many = await instantiationsOf(STEPS.length + OPERATORS);
  return { operators: OPERATORS, instantiations: many - few, instantiationsMax: INSTANTIATIONS_MAX };
}

/** Each takes a stream of `{ user, amount }` and gives one. */
const STEPS: readonly ((index: number) => string)[] = [
  (index) => `.map((click) => ({ ...click, amount: click.amount + ${index} }))`,
  (index) => `.filter((click) => click.amount > ${index})`,
  () => `.flatMap((click) => [{ user: click.user, amount: click.amount }])`,
  (index) =>
    `.keyBy((click) => [click.user, click.amount]).reduce("r${index}", (sum, { amount }) => ({ ...sum, amount: sum.amount + amount }))`,
  (index) => `.pipe("a${index}", asyncMap(async ({ user, amount }) => ({ user, amount })))`,
  (index) =>
    `.keyBy((click) => click.user).window("w${index}", tumbling("1h")).aggregate(sum((click) => click.amount)).map(({ key, value }) => ({ user: key, amount: value }))`,
  (index) =>
    `.keyBy((click) => click.user).process("p${index}", { state: { total: valueState(0) }, emits: emits<Click>(), onRecord: (click, context) => { context.state.total.update(context.state.total.get() + click.amount); context.emit(click); } })`,
  (index) => `.pipe("s${index}", (stream) => stream.union(stream.rebalance()))`,
];

function programOf(operators: number): string {
  const steps = Array.from({ length: operators }, (_, index) => STEPS[index % STEPS.length]?.(index)).join("\n  ");
  return `import { type AnySource, emits, pipeline, valueState } from "@tidemark/core";
import { sum } from "@tidemark/core/aggregates";
import { asyncMap } from "@tidemark/core/async";
import { tumbling } from "@tidemark/core/windows";

type Click = { user: string; amount: number };
declare const source: AnySource<Click, true>;
export const clicks = pipeline("long").source("clicks", source, { eventTime: (click) => click.amount })
  ${steps};
`;
}

async function instantiationsOf(operators: number): Promise<number> {
  // Inside of the repository, so that it finds the packages.
  const folder = mkdtempSync(join(ROOT, "scripts/.type-cost-"));
  try {
    writeFileSync(join(folder, "long.ts"), programOf(operators));
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "ES2022",
      module: "NodeNext",
      lib: ["ES2023", "ESNext.Disposable", "WebWorker"],
      types: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["long.ts"] }));
    const outcome = await execute(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder, "--extendedDiagnostics"]);
    const instantiations = /^Instantiations:\s+(\d+)$/m.exec(outcome.stdout)?.[1];
    if (!outcome.succeeded || instantiations === undefined) throw new Error(outcome.output);
    return Number(instantiations);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
