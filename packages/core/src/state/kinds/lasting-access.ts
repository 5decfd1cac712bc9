import { Stamped, Unread, UNSTAMPED } from "../held.ts";
import type { Cell, Row } from "../row.ts";
import { ABSENT, CellAccess } from "./access.ts";

/** As {@link CellAccess}, of a state with a time to live or with versions. */
export class LastingAccess extends CellAccess {
  override has(cell: Cell | undefined): boolean {
    if (cell === undefined || !cell.present) return false;
    const { ttl } = this.declared;
    return ttl === undefined || ttl.showsExpired || this.#isFresh(this.#settled(cell) as Stamped);
  }

  /** Items of a list expire one by one: those of one chunk were added in the same millisecond. */
  override joins(cell: Cell): boolean {
    return !(cell.value instanceof Stamped) || cell.value.at === this.#now();
  }

  override write(cell: Cell, value: unknown): void {
    super.write(cell, this.declared.ttl === undefined ? value : new Stamped(value, this.#now()));
  }

  protected override live(cell: Cell, counts: boolean): unknown {
    const held = this.#settled(cell);
    const { ttl } = this.declared;
    if (ttl === undefined) return held;
    const stamped = held as Stamped;
    if (!this.#isFresh(stamped)) {
      this.table.clear(cell);
      return counts && ttl.showsExpired ? stamped.value : ABSENT;
    }
    if (stamped.at === UNSTAMPED || (counts && ttl.refreshesOnRead && stamped.at !== this.#now())) {
      this.write(cell, stamped.value);
    }
    return stamped.value;
  }

  /** Migrates what a restored cell holds, once. The store keeps the old form until the entry is written again. */
  #settled(cell: Cell): unknown {
    const held = cell.value;
    if (!(held instanceof Unread)) return held;
    const value = this.#migrated(held, cell.row);
    cell.value = this.declared.ttl === undefined ? value : new Stamped(value, held.at ?? UNSTAMPED);
    return cell.value;
  }

  #migrated({ value, version }: Unread, row: Row): unknown {
    const { evolution, kind } = this.declared;
    if (evolution === undefined) return value;
    const place = this.placeOf(row);
    const migrate = (item: unknown): unknown => evolution.read(item, version, place);
    return kind === "list" ? (value as readonly unknown[]).map(migrate) : migrate(value);
  }

  #isFresh({ at }: Stamped): boolean {
    return at === UNSTAMPED || this.#now() < at + (this.declared.ttl?.afterMs ?? Infinity);
  }

  #now(): number {
    return Math.max(0, Math.floor(this.context.now()));
  }
}
