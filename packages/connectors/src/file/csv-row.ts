const QUOTE = '"';

/** Said by {@link parseRow} of a row that ends inside quotes. */
export const OPEN: unique symbol = Symbol("open quotes");

/**
 * The fields of one row by RFC 4180: a field in quotes may hold delimiters and newlines, and two quotes for one; a field
 * without quotes is taken as it stands, spaces included.
 *
 * @throws {Error} if a quote stands where none can.
 */
export function parseRow(row: string, delimiter: string): string[] | typeof OPEN {
  if (!row.includes(QUOTE)) return row.split(delimiter);
  const fields: string[] = [];
  for (let at = 0; ;) {
    let end: number;
    if (row.startsWith(QUOTE, at)) {
      const close = closingQuote(row, at + 1);
      if (close === -1) return OPEN;
      const field = row.slice(at + 1, close);
      fields.push(field.includes(QUOTE) ? field.replaceAll('""', QUOTE) : field);
      end = close + 1;
      if (end < row.length && !row.startsWith(delimiter, end)) {
        throw new Error(`text follows the closing quote of field ${fields.length}`);
      }
    } else {
      const next = row.indexOf(delimiter, at);
      end = next === -1 ? row.length : next;
      const field = row.slice(at, end);
      if (field.includes(QUOTE)) throw new Error(`a quote stands inside unquoted field ${fields.length + 1}`);
      fields.push(field);
    }
    if (end === row.length) return fields;
    at = end + delimiter.length;
  }
}

/** The place of the quote that ends a quoted field whose text begins at `from`; -1 if there is none. */
function closingQuote(row: string, from: number): number {
  for (let at = row.indexOf(QUOTE, from); at !== -1; at = row.indexOf(QUOTE, at + 2)) {
    if (!row.startsWith(QUOTE, at + 1)) return at;
  }
  return -1;
}

/** Whether the number of quotes in a text is odd. */
export function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf(QUOTE); at !== -1; at = text.indexOf(QUOTE, at + 1)) odd = !odd;
  return odd;
}

/** A field as it stands in a row, in quotes where it needs them. */
export function writeField(field: string, delimiter: string): string {
  const plain = !field.includes(QUOTE) && !field.includes(delimiter) && !/[\r\n]/.test(field);
  return plain ? field : QUOTE + field.replaceAll(QUOTE, '""') + QUOTE;
}
