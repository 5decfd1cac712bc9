const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = "\u{feff}";
/** Bytes kept of a line that is too long: enough for the text shown of it. */
const SHOWN_BYTES = 1024;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/**
 * Cuts chunks of a file into lines, knowing the byte at which each one ends. A run of whole lines is decoded at once;
 * line ends are then looked for in the text, and also in the bytes where the text has characters of several bytes.
 *
 * After {@link advance} has given `true`, `text`, `end` and `problem` tell about the line.
 */
export class LineFramer {
  /** The line, without its newline. A carriage return before the newline stays. */
  text = "";
  /** The first byte after the line and its newline: where the next line starts. */
  end: number;
  /** Why the line cannot be taken as it is, if so; `text` is then for showing only. */
  problem: string | undefined;
  /** Whether the line is the last of the file and had no newline. */
  torn = false;

  readonly #lineBytesMax: number;
  #chunks: Uint8Array[] = [];
  #ended = false;
  /** A line that has begun and whose newline was not seen. */
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  #carryKept = 0;
  /** Whole lines. */
  #block: Uint8Array = new Uint8Array();
  #blockStart = 0;
  #blockText: string | undefined = "";
  #singleBytes = true;
  #atByte = 0;
  #atChar = 0;

  /**
   * @param position the byte at which the first chunk begins.
   * @param lineBytesMax a longer line is a problem, and is not kept.
   */
  constructor(position: number, lineBytesMax: number) {
    this.end = position;
    this.#lineBytesMax = lineBytesMax;
  }

  /** Takes the next chunk. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** Told that there are no more chunks: what is left is the last line. */
  finish(): void {
    this.#ended = true;
  }

  /** No line to come ends before this byte. */
  get endAtLeast(): number {
    return this.#atByte === this.#block.length ? this.end + this.#carryBytes : this.end;
  }

  /** How many chunks wait to be looked at. */
  get chunksWaiting(): number {
    return this.#chunks.length;
  }

  /** Goes on to the next line. Answers `false` if there is none yet. */
  advance(): boolean {
    while (this.#atByte === this.#block.length) {
      if (!this.#nextChunk()) return this.#lastLine();
      if (this.problem !== undefined) return true;
    }
    const from = this.#atByte;
    const text = this.#blockText;
    if (text === undefined) {
      this.#atByte = this.#block.indexOf(NEWLINE, from) + 1;
      const line = this.#block.subarray(from, this.#atByte - 1);
      const decoded = decode(line);
      this.text = decoded ?? lenient.decode(line);
      this.problem = decoded === undefined ? "it is not valid UTF-8" : undefined;
    } else {
      const at = text.indexOf("\n", this.#atChar);
      this.text = text.slice(this.#atChar, at);
      this.#atChar = at + 1;
      this.#atByte = this.#singleBytes ? at + 1 : this.#block.indexOf(NEWLINE, from) + 1;
      this.problem = undefined;
    }
    if (this.#atByte - from - 1 > this.#lineBytesMax) this.problem = this.#tooLong();
    if (this.end === 0) this.#dropByteOrderMark();
    this.end = this.#blockStart + this.#atByte;
    return true;
  }

  /** Takes in one chunk. Answers `false` if there is none. Sets `problem` if it ended a line that was too long. */
  #nextChunk(): boolean {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return false;
    this.problem = undefined;
    const last = chunk.lastIndexOf(NEWLINE);
    if (last === -1) {
      this.#keep(chunk);
      return true;
    }
    let first = 0;
    if (this.#carryBytes > this.#carryKept) {
      first = chunk.indexOf(NEWLINE) + 1;
      this.#endLongLine(this.#carryBytes + first);
    }
    const whole = chunk.subarray(first, last + 1);
    this.#startBlock(this.#carryBytes === 0 ? whole : join([...this.#carry, whole], this.#carryBytes + whole.length));
    this.#dropCarry();
    if (last + 1 < chunk.length) this.#keep(chunk.subarray(last + 1));
    return true;
  }

  #startBlock(block: Uint8Array): void {
    this.#block = block;
    this.#blockStart = this.end;
    this.#blockText = decode(block);
    this.#singleBytes = this.#blockText?.length === block.length;
    this.#atByte = 0;
    this.#atChar = 0;
  }

  /** Keeps a piece of a line; of a line that is too long, only what is shown of it. */
  #keep(piece: Uint8Array): void {
    this.#carryBytes += piece.length;
    const tooLong = this.#carryBytes > this.#lineBytesMax;
    if (!tooLong || this.#carryKept < SHOWN_BYTES) {
      this.#carry.push(piece);
      this.#carryKept += piece.length;
    }
    if (tooLong && this.#carryKept > SHOWN_BYTES) {
      this.#carry = [join(this.#carry, this.#carryKept).slice(0, SHOWN_BYTES)];
      this.#carryKept = SHOWN_BYTES;
    }
  }

  #dropCarry(): void {
    this.#carry = [];
    this.#carryBytes = 0;
    this.#carryKept = 0;
  }

  #endLongLine(bytes: number): void {
    this.text = lenient.decode(join(this.#carry, this.#carryKept));
    this.problem = this.#tooLong();
    if (this.end === 0) this.#dropByteOrderMark();
    this.end += bytes;
    this.#dropCarry();
  }

  #lastLine(): boolean {
    if (!this.#ended || this.#carryBytes === 0) return false;
    this.torn = true;
    if (this.#carryBytes > this.#carryKept) {
      this.#endLongLine(this.#carryBytes);
      return true;
    }
    const line = join(this.#carry, this.#carryKept);
    const decoded = decode(line);
    this.text = decoded ?? lenient.decode(line);
    this.problem = decoded === undefined ? "it is not valid UTF-8" : undefined;
    if (line.length > this.#lineBytesMax) this.problem = this.#tooLong();
    if (this.end === 0) this.#dropByteOrderMark();
    this.end += line.length;
    this.#dropCarry();
    return true;
  }

  #tooLong(): string {
    return `it is longer than ${this.#lineBytesMax} bytes`;
  }

  #dropByteOrderMark(): void {
    if (this.text.startsWith(BYTE_ORDER_MARK)) this.text = this.text.slice(1);
  }
}
