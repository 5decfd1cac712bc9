import { epochCases } from "./state-backend/epoch-cases.ts";
import { expect } from "./state-backend/expect.ts";
import { fenceCases } from "./state-backend/fence-cases.ts";
import { headCases } from "./state-backend/head-cases.ts";
import { modelCases } from "./state-backend/model-cases.ts";
import { regionCases } from "./state-backend/region-cases.ts";
import { releaseCases } from "./state-backend/release-cases.ts";
import { rescaleCases } from "./state-backend/rescale-cases.ts";
import { storeCases } from "./state-backend/store-cases.ts";
import { viewCases } from "./state-backend/view-cases.ts";
import type { StateBackendCase, StateBackendFixture, StateBackendSuiteOptions } from "./state-backend/suite-types.ts";

export type { StateBackendFixture, StateBackendSuiteOptions, StateDamage } from "./state-backend/suite-types.ts";

const CASES: readonly StateBackendCase[] = [
  ...headCases,
  ...storeCases,
  ...epochCases,
  ...regionCases,
  ...releaseCases,
  ...rescaleCases,
  ...fenceCases,
  ...viewCases,
  ...modelCases,
];

/**
 * The tests that every state backend must pass. They know no test runner: each is handed to `test` by its name.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { stateBackendSuite } from "@tidemark/core/testing";
 * import { memory } from "@tidemark/backend-memory";
 *
 * stateBackendSuite({
 *   test,
 *   create: async () => {
 *     const backend = memory();
 *     return { backend, reopen: async () => backend, dispose: async () => undefined };
 *   },
 * });
 * ```
 */
export function stateBackendSuite(options: StateBackendSuiteOptions): void {
  const { test, create, knownGaps = {} } = options;
  const names = new Set(CASES.map((suiteCase) => suiteCase.name));
  for (const name of Object.keys(knownGaps)) expect(names.has(name), `the suite has no test named "${name}"`);
  for (const { name, run } of CASES) {
    const reason = knownGaps[name];
    if (reason === undefined) test(name, () => runWith(create, run));
    else test(`${name} (known gap: ${reason})`, () => expectGap(create, run, name));
  }
}

async function runWith(create: () => Promise<StateBackendFixture>, run: StateBackendCase["run"]): Promise<void> {
  const fixture = await create();
  try {
    await run(fixture);
  } finally {
    await fixture.dispose();
  }
}

async function expectGap(
  create: () => Promise<StateBackendFixture>,
  run: StateBackendCase["run"],
  name: string,
): Promise<void> {
  let hasFailed = false;
  await runWith(create, run).catch(() => {
    hasFailed = true;
  });
  expect(hasFailed, `"${name}" passes by now: take it out of the known gaps`);
}
