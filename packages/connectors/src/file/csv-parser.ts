import { hasOddQuotes, OPEN, parseRow } from "./csv-row.ts";
import { BLANK, type HeaderLines, type LineParser, UNFINISHED, withoutReturn } from "./line-parser.ts";

/** What a {@link CsvParser} has to know. */
export interface CsvDialect<T> {
  readonly delimiter: string;
  readonly multiline: boolean;
  /** The names of the columns, where the user gave them. */
  readonly columns: readonly string[] | undefined;
  readonly header: boolean;
  readonly check: (row: Readonly<Record<string, string>>) => T;
}

const show = (columns: readonly string[]): string => JSON.stringify(columns.join(","));

/** Puts the lines of one split together to rows. */
export class CsvParser<T> implements LineParser<T> {
  readonly #dialect: CsvDialect<T>;
  readonly #columns: readonly string[];
  /** The lines of a row that ends inside quotes so far. */
  #open: string[] = [];

  constructor(dialect: CsvDialect<T>, header: HeaderLines) {
    this.#dialect = dialect;
    this.#columns = (dialect.header ? this.#readHeader(header) : dialect.columns) ?? [];
  }

  parse(line: string): T | typeof BLANK | typeof UNFINISHED {
    if (this.#open.length === 0 && withoutReturn(line) === "") return BLANK;
    const fields = this.#fields(line);
    if (fields === UNFINISHED) return UNFINISHED;
    const columns = this.#columns;
    if (fields.length !== columns.length) {
      throw new Error(`it has ${fields.length} fields, and there are ${columns.length} columns`);
    }
    const row: Record<string, string> = {};
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = fields[i]!;
    return this.#dialect.check(row);
  }

  abandon(): string | undefined {
    const text = this.#open.length === 0 ? undefined : this.#open.join("\n");
    this.#open = [];
    return text;
  }

  #fields(line: string): string[] | typeof UNFINISHED {
    const { delimiter, multiline } = this.#dialect;
    if (this.#open.length > 0) {
      this.#open.push(line);
      // Only a line with an odd number of quotes can end the row.
      if (!hasOddQuotes(line)) return UNFINISHED;
    }
    const text = this.abandon() ?? line;
    const fields = parseRow(withoutReturn(text), delimiter);
    if (fields !== OPEN) return fields;
    if (!multiline) throw new Error("a quoted field does not end on its line");
    this.#open = [text];
    return UNFINISHED;
  }

  #readHeader(header: HeaderLines): readonly string[] | undefined {
    const { columns } = this.#dialect;
    for (let line = header(); line !== undefined; line = header()) {
      const found = this.#fields(line);
      if (found === UNFINISHED) continue;
      if (found.length === 1 && found[0] === "") throw new Error("it is empty");
      if (new Set(found).size !== found.length) throw new Error(`a column is named twice in ${show(found)}`);
      if (found.includes("__proto__")) throw new Error('a column is named "__proto__"');
      if (columns !== undefined && columns.join("\n") !== found.join("\n")) {
        throw new Error(`expected ${show(columns)}, found ${show(found)}`);
      }
      return found;
    }
    if (this.abandon() !== undefined) throw new Error("it does not end");
    // An empty file has no header, and no rows that would need one.
    return columns;
  }
}
