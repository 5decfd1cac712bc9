import { damagedTable, TableCheck, type UncheckedTable } from "./table-check.ts";
import { padded, numberOf } from "./file-names.ts";
import type { Findings } from "./inspect.ts";
import type { Inspection } from "./inspection.ts";
import { checkTable, readFrame } from "./table-file.ts";

/** A second name of a table that was not checked yet. LevelDB leaves such files alone. */
const UNCHECKED_FILE = /^\d+\.unchecked$/;

/** Tables whose frames are read at once: opening them waits for the disk. */
const TABLES_AT_ONCE = 16;

/**
 * Tables of the first levels are checked as a whole before the opening: LevelDB may write them anew as soon as it is open, and dies
 * of some damage. These levels stay small: some tables of 16 MiB each, a dozen at most, and ten MiB.
 */
const LEVELS_CHECKED_FIRST = 2;

/**
 * Checks of every table what LevelDB needs to find anything in it, and keeps the table under a second name, to be
 * checked as a whole while the database is in use. Those of the first two levels are checked as a whole now. A table that an older process did not finish with is checked as a
 * whole now: that process may have died of it. So is one that cannot have a second name, on a file system without links.
 *
 * @throws {StateError} STATE_CORRUPT if a table is damaged.
 */
export async function keepTables(
  { directory, name }: Omit<Inspection, "witness">,
  { tables }: Pick<Findings, "tables">,
): Promise<TableCheck> {
  const left = (await directory.list()).filter((file) => UNCHECKED_FILE.test(file));
  for (const file of left) await checkWhole(file, `${padded(numberOf(file))}.ldb`);
  const unchecked: UncheckedTable[] = [];
  const queue = [...tables].filter(([table]) => !left.includes(secondName(table)));
  await Promise.all(
    Array.from({ length: TABLES_AT_ONCE }, async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const [table, place] = next;
        if (place.level < LEVELS_CHECKED_FIRST) await checkWhole(table, table);
        else if (await keep(table)) unchecked.push({ table, place, file: secondName(table) });
      }
    }),
  );
  return new TableCheck({ directory, name, tables: unchecked, checked: left });

  async function keep(table: string): Promise<boolean> {
    await read(table, table, readFrame);
    try {
      await directory.link(table, secondName(table));
      return true;
    } catch {
      await checkWhole(table, table);
      return false;
    }
  }

  async function checkWhole(file: string, table: string): Promise<void> {
    await read(file, table, checkTable);
  }

  async function read(file: string, table: string, check: typeof readFrame | typeof checkTable): Promise<void> {
    const opened = directory.openFile(file);
    try {
      await check(opened);
    } catch (error) {
      throw damagedTable(name, table, error);
    } finally {
      opened.close();
    }
  }
}

function secondName(table: string): string {
  return `${padded(numberOf(table))}.unchecked`;
}
