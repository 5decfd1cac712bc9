import { damagedTable, TableCheck, type UncheckedTable } from "./table-check.ts";
import { padded, numberOf } from "./file-names.ts";
import type { Findings } from "./inspect.ts";
import type { Inspection } from "./inspection.ts";
import { checkTable } from "./table-file.ts";

/** A second name of a table that was not checked yet. LevelDB leaves such files alone. */
const UNCHECKED_FILE = /^\d+\.unchecked$/;

/** Tables that are checked at once: opening them waits for the disk. */
const TABLES_AT_ONCE = 16;

/**
 * Tables of the first levels are checked as a whole before the opening: LevelDB may write them anew as soon as it is open, and dies
 * of some damage. These levels stay small: some tables of 16 MiB each, a dozen at most, and ten MiB.
 */
const LEVELS_CHECKED_FIRST = 2;

/**
 * Keeps every table under a second name, to be checked while the database is in use: so an opening takes no longer for more of
 * them. Those of the first two levels are checked now. So is a table that an older process did not finish with, which may have died of it, and one that
 * cannot have a second name, on a file system without links.
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
    try {
      await directory.link(table, secondName(table));
      return true;
    } catch {
      await checkWhole(table, table);
      return false;
    }
  }

  async function checkWhole(file: string, table: string): Promise<void> {
    const opened = directory.openFile(file);
    try {
      await checkTable(opened);
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
