/**
 * As much of `node:test` as the tests of this repository use, for a runtime that has no test runner. The bundle for
 * workerd puts this file in the place of `node:test`.
 *
 * @module
 */

/** What a finished test reports. */
export interface Report {
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly message: string;
}

/** The options of `node:test` that are understood. */
export interface TestOptions {
  readonly skip?: boolean | string;
  readonly todo?: boolean | string;
  readonly timeout?: number;
  readonly only?: boolean;
  readonly concurrency?: boolean | number;
}

/** What a test function is called with. */
export interface TestContext {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly test: typeof test;
  skip(message?: string): void;
  todo(message?: string): void;
  diagnostic(message: string): void;
  after(hook: Hook): void;
}

type Hook = () => unknown;
type TestFunction = (context: TestContext) => unknown;

interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly skip: boolean | string;
  readonly members: (() => Promise<void>)[];
  readonly before: Hook[];
  readonly after: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
}

const TIMEOUT_MS = 120_000;

function emptySuite(name: string, parent: Suite | undefined, skip: boolean | string): Suite {
  return { name, parent, skip, members: [], before: [], after: [], beforeEach: [], afterEach: [] };
}

let current: Suite = emptySuite("", undefined, false);
let reports: Report[] = [];

function fullName(suite: Suite | undefined, name: string): string {
  return suite === undefined || suite.name === "" ? name : fullName(suite.parent, `${suite.name} > ${name}`);
}

function chain(suite: Suite | undefined, pick: (suite: Suite) => readonly Hook[]): readonly Hook[] {
  return suite === undefined ? [] : [...chain(suite.parent, pick), ...pick(suite)];
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let limit: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => reject(new Error(`Cannot finish within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, expiry]);
  } finally {
    clearTimeout(limit);
  }
}

async function runTest(suite: Suite, name: string, options: TestOptions, body: TestFunction): Promise<void> {
  const shown = fullName(suite, name);
  const skip = options.skip ?? chainSkip(suite);
  if (skip !== false && skip !== undefined) {
    reports.push({ name: shown, result: "skipped", message: typeof skip === "string" ? skip : "" });
    return;
  }
  let skipped: string | undefined;
  const afters: Hook[] = [];
  const children: Promise<void>[] = [];
  const inner = emptySuite(name, suite, false);
  const context: TestContext = {
    name,
    signal: new AbortController().signal,
    test: asTest((childName, childOptions, childBody) => {
      const child = runTest(inner, childName, childOptions, childBody);
      children.push(child);
      return child;
    }),
    skip: (message = "") => {
      skipped = message;
    },
    todo: (message = "") => {
      skipped = `todo ${message}`;
    },
    diagnostic: () => {},
    after: (hook) => {
      afters.push(hook);
    },
  };
  const failures: string[] = [];
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await within(options.timeout ?? TIMEOUT_MS, Promise.resolve().then(work));
    } catch (error) {
      failures.push(describeError(error));
    }
  };
  for (const hook of chain(suite, (each) => each.beforeEach)) await attempt(hook);
  if (failures.length === 0) await attempt(async () => await body(context));
  await attempt(async () => await Promise.all(children));
  for (const hook of afters) await attempt(hook);
  for (const hook of chain(suite, (each) => each.afterEach).toReversed()) await attempt(hook);
  const todo = options.todo !== undefined && options.todo !== false;
  if (skipped !== undefined) reports.push({ name: shown, result: "skipped", message: skipped });
  else if (failures.length > 0 && todo) reports.push({ name: shown, result: "skipped", message: "todo" });
  else if (failures.length > 0) reports.push({ name: shown, result: "failed", message: failures.join("\n") });
  else reports.push({ name: shown, result: "passed", message: "" });
}

function chainSkip(suite: Suite | undefined): boolean | string {
  if (suite === undefined) return false;
  return suite.skip === false ? chainSkip(suite.parent) : suite.skip;
}

async function runSuite(suite: Suite): Promise<void> {
  try {
    for (const hook of suite.before) await hook();
    for (const member of suite.members) await member();
    for (const hook of suite.after) await hook();
  } catch (error) {
    reports.push({ name: fullName(suite, "hook"), result: "failed", message: describeError(error) });
  }
}

type Register = (name: string, options: TestOptions, body: TestFunction) => Promise<void>;

/** The three ways of calling `test`: a function, a name and a function, a name, options and a function. */
export interface TestCall {
  (body: TestFunction): Promise<void>;
  (name: string, body?: TestFunction): Promise<void>;
  (name: string, options: TestOptions, body?: TestFunction): Promise<void>;
  skip(name: string, ...rest: (TestOptions | TestFunction)[]): Promise<void>;
  todo(name: string, ...rest: (TestOptions | TestFunction)[]): Promise<void>;
}

function readCall(call: readonly unknown[]): { name: string; options: TestOptions; body: TestFunction } {
  const body = call.find((each): each is TestFunction => typeof each === "function");
  const options = call.find((each): each is TestOptions => typeof each === "object" && each !== null) ?? {};
  const name = typeof call[0] === "string" ? call[0] : (body?.name ?? "<anonymous>");
  // Without a function there is nothing to run: node:test reports such a test as passed.
  return { name, options, body: body ?? (() => {}) };
}

function asTest(register: Register): TestCall {
  const made = async (...call: unknown[]): Promise<void> => {
    const { name, options, body } = readCall(call);
    await register(name, options, body);
  };
  return Object.assign(made, {
    skip: async (...call: unknown[]): Promise<void> => {
      const { name, options, body } = readCall(call);
      await register(name, { ...options, skip: true }, body);
    },
    todo: async (...call: unknown[]): Promise<void> => {
      const { name, options, body } = readCall(call);
      await register(name, { ...options, todo: true }, body);
    },
  }) as TestCall;
}

/** Registers a test. */
export const test: TestCall = asTest(async (name, options, body) => {
  const suite = current;
  suite.members.push(async () => await runTest(suite, name, options, body));
});

/** The other name of {@link test}. */
export const it: TestCall = test;

function registerSuite(call: readonly unknown[], skip: boolean): void {
  const { name, options, body } = readCall(call);
  const suite = emptySuite(name, current, skip || (options.skip ?? false));
  current.members.push(async () => await runSuite(suite));
  const outer = current;
  current = suite;
  try {
    (body as () => void)();
  } finally {
    current = outer;
  }
}

/** Registers a group of tests. */
export const describe: ((...call: unknown[]) => void) & { skip(...call: unknown[]): void } = Object.assign(
  (...call: unknown[]): void => registerSuite(call, false),
  { skip: (...call: unknown[]): void => registerSuite(call, true) },
);

/** The other name of {@link describe}. */
export const suite: typeof describe = describe;

/** Registers what runs before the tests of the group. */
export function before(hook: Hook): void {
  current.before.push(hook);
}

/** Registers what runs after the tests of the group. */
export function after(hook: Hook): void {
  current.after.push(hook);
}

/** Registers what runs before each test of the group. */
export function beforeEach(hook: Hook): void {
  current.beforeEach.push(hook);
}

/** Registers what runs after each test of the group. */
export function afterEach(hook: Hook): void {
  current.afterEach.push(hook);
}

/** Loads one test file, runs what it registers, and returns the reports. */
export async function collect(load: () => Promise<unknown>): Promise<readonly Report[]> {
  current = emptySuite("", undefined, false);
  reports = [];
  const root = current;
  const stray = (event: PromiseRejectionEvent): void => {
    reports.push({ name: "stray rejection", result: "failed", message: describeError(event.reason) });
  };
  addEventListener("unhandledrejection", stray);
  try {
    await load();
    await runSuite(root);
  } catch (error) {
    reports.push({ name: "load", result: "failed", message: describeError(error) });
  } finally {
    removeEventListener("unhandledrejection", stray);
  }
  return reports;
}

// `node:test` offers its test function as the default export too, with everything else as its properties.
// oxlint-disable-next-line import/no-default-export
export default Object.assign(test, { test, it, describe, suite, before, after, beforeEach, afterEach });
