import type { StateBackend } from "../../state/backend.ts";

/**
 * What a fixture may be asked to damage: the bytes of a piece of state that the newest checkpoint needs, such a piece as
 * a whole, the head record, or a manifest.
 */
export type StateDamage = "state" | "state-missing" | "head" | "manifest";

/** An empty backend for one test. */
export interface StateBackendFixture {
  /** What messages and damage are about; opened by the test itself. */
  readonly backend: StateBackend;
  /**
   * The same state as a new process would find it: whatever was open before is gone, and nothing was closed in an orderly
   * way. A backend that is not durable gives itself.
   */
  reopen(): Promise<StateBackend>;
  /**
   * Damages what is stored. Called while nothing is open, before {@link reopen}.
   *
   * @returns `false` if the medium has no such thing to damage.
   */
  damage?(kind: StateDamage): Promise<boolean>;
  /** Frees what the test used. */
  dispose(): Promise<void>;
}

/** What {@link stateBackendSuite} needs. */
export interface StateBackendSuiteOptions {
  /** Takes one test; `test` of node:test fits, and so does `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Makes a fresh, empty backend for each test. */
  readonly create: () => Promise<StateBackendFixture>;
  /** Tests that are known to fail, with the reason. Each turns red once it passes. */
  readonly knownGaps?: Readonly<Record<string, string>>;
}

/** One test of the suite. */
export interface StateBackendCase {
  readonly name: string;
  readonly run: (fixture: StateBackendFixture) => Promise<void>;
}
