import type { StateError } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";
import type { Directory, OpenFile } from "../directory.ts";
import { damagedDatabase, levelError } from "../level-errors.ts";
import type { TablePlace } from "./level-version.ts";
import type { BlockList } from "./table.ts";
import { ListCache } from "./list-cache.ts";
import { OpenFiles } from "./open-files.ts";
import {
  BlockMarks,
  type BlockRun,
  checkRun,
  checkRunSync,
  readFrame,
  readFrameSync,
  readListSync,
  runsOf,
} from "./table-file.ts";
import { type KeySpan, TablesByKey } from "./tables-by-key.ts";

/** A table whose blocks were not looked at. */
export interface UncheckedTable {
  /** What messages call it. */
  readonly table: string;
  /** The name under which its bytes stay until they were checked, whatever LevelDB does. */
  readonly file: string;
  readonly place: TablePlace;
}

/** What a {@link TableCheck} is made of. */
export interface TableCheckOptions {
  readonly directory: Directory;
  /** What messages call the database. */
  readonly name: string;
  readonly tables: readonly UncheckedTable[];
  /** Second names of tables that were checked before LevelDB had the lock, and may go once it has. */
  readonly checked: readonly string[];
}

/**
 * Checks the tables that were there when a database was opened, while it is in use: all of them, one slice after the
 * other, and before each read those blocks that it will meet. LevelDB may write them into new tables meanwhile, damage
 * included and under new checksums. So each of them keeps a second name, which goes once it was checked: a process that
 * dies before leaves it to the next one.
 */
export class TableCheck {
  readonly #directory: Directory;
  readonly #name: string;
  readonly #checked: readonly string[];
  readonly #tables: TablesByKey<TableState>;
  readonly #lists = new ListCache<TableState>();
  /** Those of tables that were read at once. */
  readonly #files: OpenFiles;
  readonly #secondNames: Set<string>;
  #failure: Error | undefined = undefined;
  #isStopped = false;
  #finished: Promise<void> = Promise.resolve();

  constructor({ directory, name, tables, checked }: TableCheckOptions) {
    this.#directory = directory;
    this.#files = new OpenFiles((file) => directory.openFile(file));
    this.#name = name;
    this.#checked = checked;
    this.#secondNames = new Set([...checked, ...tables.map(({ file }) => file)]);
    this.#tables = new TablesByKey(
      tables.map((table) => ({ ...table, marks: undefined, isFramed: false, isChecked: false })),
    );
  }

  /** Begins to check all tables. Called once LevelDB has the lock. */
  start(): void {
    this.#finished = this.#checkAll();
  }

  /** Ends it early. What was not checked is left to the next opening. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#finished;
    this.#files.closeAll();
  }

  /**
   * Waits until all tables were checked.
   *
   * @throws {StateError} STATE_CORRUPT if a block is damaged.
   */
  async finished(): Promise<void> {
    await this.#finished;
    this.assertSound();
  }

  /** Whether all tables were checked, and are sound. */
  get isFinished(): boolean {
    return this.#tables.isEmpty;
  }

  /** The second names that it still has to remove, or is removing: they are in use, and none comes after the opening. */
  secondNames(): ReadonlySet<string> {
    return new Set(this.#secondNames);
  }

  /** @throws {StateError} STATE_CORRUPT if a damaged block was found. */
  assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Checks the blocks that hold rows of some keys.
   *
   * @throws {StateError} STATE_CORRUPT if one is damaged.
   */
  async check(spans: readonly KeySpan[]): Promise<void> {
    if (this.#tables.isEmpty) return;
    const wanted = new Map<TableState, KeySpan[]>();
    for (const span of spans) {
      for (const table of this.#tables.overlapping(span)) {
        const list = wanted.get(table);
        if (list === undefined) wanted.set(table, [span]);
        else list.push(span);
      }
    }
    for (const [table, each] of wanted) await this.#checkSpans(table, each);
  }

  /**
   * Checks of the tables that may hold rows of a span what LevelDB needs to find anything in them.
   *
   * @throws {StateError} STATE_CORRUPT if one is damaged.
   */
  async checkFrames(span: KeySpan): Promise<void> {
    for (const table of this.#tables.overlapping(span)) if (!table.isFramed) await this.#checkSpans(table, []);
  }

  /** As {@link check}, of one key and at once. */
  checkSync(key: Uint8Array): void {
    if (this.#tables.isEmpty) return;
    const span = { first: key, last: key };
    for (const table of this.#tables.overlapping(span)) {
      this.#orDamaged(table, () => {
        const file = this.#files.get(table.file);
        for (const run of this.#unmarked(table, this.#list(table, file), [span])) checkRunSync(file, run);
      });
    }
  }

  async #checkSpans(table: TableState, spans: readonly KeySpan[]): Promise<void> {
    if (table.isChecked) return;
    await this.#orDamagedLater(table, async () => {
      const file = this.#directory.openFile(table.file);
      try {
        for (const run of this.#unmarked(table, await this.#listLater(table, file), spans)) await checkRun(file, run);
      } finally {
        file.close();
      }
    });
  }

  async #checkAll(): Promise<void> {
    for (const file of this.#checked) await this.#removeSecondName(file);
    for (const table of this.#tables.all()) {
      if (this.#isStopped || this.#failure !== undefined) return;
      // What it found is kept: whoever reads or flushes next is told.
      await this.#orDamagedLater(table, () => this.#checkTable(table)).catch(() => undefined);
    }
  }

  async #checkTable(table: TableState): Promise<void> {
    const file = this.#directory.openFile(table.file);
    try {
      const list = await this.#listLater(table, file);
      const marks = (table.marks ??= new BlockMarks(list.length));
      for (const run of runsOf(list, { begin: 0, end: list.length }, marks)) {
        if (this.#isStopped) return;
        await checkRun(file, run);
        marks.add(run);
      }
    } finally {
      file.close();
    }
    table.isChecked = true;
    this.#tables.delete(table);
    this.#lists.delete(table);
    this.#files.close(table.file);
    await this.#removeSecondName(table.file);
  }

  /** One that cannot be removed is left to the next clean-up or opening. */
  async #removeSecondName(file: string): Promise<void> {
    await this.#directory.remove(file).catch(() => undefined);
    this.#secondNames.delete(file);
  }

  /** The runs of blocks that were not checked yet. Each is marked once the next one is asked for. */
  *#unmarked(table: TableState, list: BlockList, spans: readonly KeySpan[]): Generator<BlockRun, void, undefined> {
    const marks = (table.marks ??= new BlockMarks(list.length));
    for (const { first, last } of spans) {
      for (const run of runsOf(list, list.span(first, last), marks)) {
        yield run;
        marks.add(run);
      }
    }
  }

  #list(table: TableState, file: OpenFile): BlockList {
    return this.#known(table, file) ?? this.#framed(table, readFrameSync(file));
  }

  async #listLater(table: TableState, file: OpenFile): Promise<BlockList> {
    return this.#known(table, file) ?? this.#framed(table, await readFrame(file));
  }

  #known(table: TableState, file: OpenFile): BlockList | undefined {
    if (!table.isFramed) return undefined;
    return this.#lists.get(table) ?? this.#lists.add(table, readListSync(file));
  }

  #framed(table: TableState, list: BlockList): BlockList {
    // While it was read for one caller, it may have been checked, and is not asked for any more.
    if (table.isChecked) return list;
    table.isFramed = true;
    this.#lists.delete(table);
    return this.#lists.add(table, list);
  }

  #orDamaged(table: TableState, check: () => void): void {
    try {
      check();
    } catch (error) {
      throw this.#found(table, error);
    }
  }

  async #orDamagedLater(table: TableState, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      // While it was read for one caller, it was checked and went.
      if (!table.isChecked) throw this.#found(table, error);
    }
  }

  #found(table: UncheckedTable, error: unknown): Error {
    const isOfSystem = typeof (error as { readonly code?: unknown }).code === "string";
    this.#failure ??= isOfSystem
      ? levelError("check", this.#name, error)
      : damagedTable(this.#name, table.table, error);
    return this.#failure;
  }
}

interface TableState extends UncheckedTable {
  marks: BlockMarks | undefined;
  /** Whether its footer, filters and list were checked. */
  isFramed: boolean;
  isChecked: boolean;
}

/** A table that is not as it was written. */
export function damagedTable(name: string, table: string, error: unknown): StateError {
  return damagedDatabase(name, `its file ${table} is damaged: ${messageOf(error)}`);
}
