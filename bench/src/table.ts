/** Where the text of a cell stands. */
export type Side = "left" | "right";

/**
 * The lines of a table whose columns are as wide as their widest cell, two spaces apart.
 *
 * @param sideOf where the cells of a column stand. Default: all to the left.
 */
export function tableLines(rows: readonly (readonly string[])[], sideOf?: (column: number) => Side): readonly string[] {
  const columns = Math.max(0, ...rows.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const placed = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return sideOf?.(column) === "right" ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((cells) => cells.map(placed).join("  ").trimEnd());
}
