import type { SimWorld } from "./world.ts";

/** Rows that a writer made durable and that nobody can see yet. */
export interface StagedRows<Row> {
  readonly name: string;
  readonly generation: number;
  readonly rows: Row[];
  /** Whether all rows are there. */
  sealed: boolean;
  /** Whether it came from a process that had been overtaken by then. The next start clears it away. */
  readonly late: boolean;
  /** When it was begun, in virtual milliseconds. */
  readonly stagedAt: number;
}

/** Called with rows in the moment they become visible. */
export type CommitWatcher<Row> = (rows: readonly Row[]) => void;

/**
 * What stands behind a simulated two-phase sink and outlives every process: transactions that were staged, and rows that
 * were committed. It knows the rules of the contract and notes each breach as a violation of the world.
 */
export class Ledger<Row> {
  readonly #world: SimWorld;
  readonly #name: string;
  readonly #watch: CommitWatcher<Row>;
  readonly #staged: Map<string, StagedRows<Row>> = new Map();
  readonly #done: Set<string> = new Set();
  readonly #expired: Set<string> = new Set();
  readonly #expireMs: number;
  #visible: { readonly name: string; readonly checkpointId: number; readonly rows: readonly Row[] }[] = [];
  /** The newest generation that has recovered, and what it was told to commit. */
  #recovered: { readonly generation: number; readonly names: ReadonlySet<string> } | undefined;

  /** @param expireMs after how long what was staged is gone. Default: never. */
  constructor(world: SimWorld, name: string, watch: CommitWatcher<Row>, expireMs: number = Infinity) {
    this.#world = world;
    this.#expireMs = expireMs;
    this.#name = name;
    this.#watch = watch;
  }

  /** All that is visible, in the order in which it became so. */
  get rows(): readonly Row[] {
    return this.#visible.flatMap(({ rows }) => rows);
  }

  /** The names of what is staged and neither committed nor cleared, and did not come too late to be cleared. */
  get open(): readonly string[] {
    return [...this.#staged.values()].filter((staged) => !staged.late).map((staged) => staged.name);
  }

  /** Adds rows to a transaction, making it if need be. */
  stage(name: string, generation: number, rows: readonly Row[], sealed: boolean): void {
    const found = this.#staged.get(name);
    if (this.#done.has(name) || found?.sealed === true) {
      this.#breach(`"${name}" was staged again after it had been prepared`);
      return;
    }
    const late = this.#recovered !== undefined && generation < this.#recovered.generation;
    if (late) this.#world.reach("rows staged by an overtaken process");
    if (found === undefined) {
      this.#staged.set(name, { name, generation, rows: [...rows], sealed, late, stagedAt: this.#world.now() });
    } else {
      found.rows.push(...rows);
      found.sealed = sealed;
    }
  }

  /** Clears what older generations staged and `names` does not hold. */
  recover(generation: number, names: readonly string[]): void {
    const keep = new Set(names);
    // A process that was overtaken may still speak. It must not clear away what its successor stages.
    if (this.#recovered === undefined || generation >= this.#recovered.generation) {
      this.#recovered = { generation, names: keep };
    }
    for (const staged of this.#staged.values()) {
      if (staged.generation >= generation || keep.has(staged.name)) continue;
      this.#world.reach(staged.sealed ? "prepared rows cleared away" : "unprepared rows cleared away");
      this.#staged.delete(staged.name);
    }
  }

  /** Makes a transaction visible, at most once. */
  commit(
    name: string,
    rows: number,
    generation: number,
    checkpointId: number,
  ): "committed" | "already-committed" | { readonly failed: string } {
    if (this.#done.has(name)) {
      this.#world.reach("commit repeated after it had succeeded");
      return "already-committed";
    }
    const staged = this.#staged.get(name);
    if (this.#isExpired(name, staged)) return { failed: `"${name}" has expired` };
    if (staged === undefined) return this.#refuse(`"${name}" was committed and is not there`);
    if (!staged.sealed) return this.#refuse(`"${name}" was committed before it was prepared`);
    if (staged.rows.length !== rows) {
      return this.#refuse(`"${name}" was committed with ${rows} rows and holds ${staged.rows.length}`);
    }
    const newest = this.#recovered;
    if (newest !== undefined && generation < newest.generation && !newest.names.has(name)) {
      this.#breach(`"${name}" was committed by generation ${generation} after ${newest.generation} had taken over`);
    }
    this.#staged.delete(name);
    this.#done.add(name);
    this.#visible.push({ name, checkpointId, rows: staged.rows });
    this.#watch(staged.rows);
    return "committed";
  }

  /** Takes back what became visible with checkpoints after one. @returns the rows. */
  goBack(checkpointId: number): readonly Row[] {
    const later = this.#visible.filter((each) => each.checkpointId > checkpointId);
    this.#visible = this.#visible.filter((each) => each.checkpointId <= checkpointId);
    for (const { name } of later) this.#done.delete(name);
    return later.flatMap(({ rows }) => rows);
  }

  /** Whether a transaction was refused because it came too late. */
  get hasExpired(): boolean {
    return this.#expired.size > 0;
  }

  #isExpired(name: string, staged: StagedRows<Row> | undefined): boolean {
    if (this.#expired.has(name)) return true;
    if (staged === undefined || this.#world.now() - staged.stagedAt <= this.#expireMs) return false;
    this.#world.reach("transaction expired before its commit");
    this.#staged.delete(name);
    this.#expired.add(name);
    return true;
  }

  #refuse(text: string): { readonly failed: string } {
    this.#breach(text);
    return { failed: text };
  }

  #breach(text: string): void {
    this.#world.violation(`${this.#name}: ${text}`);
  }
}
