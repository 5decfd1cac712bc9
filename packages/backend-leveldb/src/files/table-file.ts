import type { OpenFile } from "../directory.ts";
import { BlockList, type BlockPlace, checkBlock, FOOTER_BYTES, readFooter } from "./table.ts";

/** Bytes checked at a time: well below a millisecond. */
const SLICE_BYTES: number = 128 * 1024;

/** As much as the filters and the list of a table of 2 MiB take, with rows of 200 bytes. */
const TAIL_BYTES: number = 64 * 1024;

/** Some blocks that follow on each other, and where they are. */
export interface BlockRun {
  /** The index of the first of them. */
  readonly first: number;
  readonly offset: number;
  readonly end: number;
  readonly blocks: readonly BlockPlace[];
}

/**
 * Reads what LevelDB needs to find anything in a table: its footer, its filters and its list of blocks. All of it is checked.
 *
 * @returns the list of blocks.
 * @throws {Error} saying what is wrong.
 */
export async function readFrame(file: OpenFile): Promise<BlockList> {
  for (let start = tailOf(file); ;) {
    const found = frameIn({ start, bytes: await file.read(start, file.sizeBytes - start) });
    if (typeof found !== "number") return found;
    start = found;
  }
}

/** As {@link readFrame}, at once. */
export function readFrameSync(file: OpenFile): BlockList {
  for (let start = tailOf(file); ;) {
    const found = frameIn({ start, bytes: file.readSync(start, file.sizeBytes - start) });
    if (typeof found !== "number") return found;
    start = found;
  }
}

/** The list of blocks of a table whose frame was checked before. */
export function readListSync(file: OpenFile): BlockList {
  const { rows } = readFooter(file.readSync(file.sizeBytes - FOOTER_BYTES, FOOTER_BYTES));
  return new BlockList(file.readSync(rows.offset, rows.end - rows.offset), rows.offset);
}

/**
 * Checks every block of a table.
 *
 * @throws {Error} saying what is wrong.
 */
export async function checkTable(file: OpenFile): Promise<void> {
  const list = await readFrame(file);
  for (const run of runsOf(list, { begin: 0, end: list.length })) await checkRun(file, run);
}

/** Checks the blocks of a run. */
export async function checkRun(file: OpenFile, run: BlockRun): Promise<void> {
  checkBlocks(await readPiece(file, run), run);
}

/** As {@link checkRun}, at once. */
export function checkRunSync(file: OpenFile, run: BlockRun): void {
  assertInside(file, run);
  checkBlocks(file.readSync(run.offset, run.end - run.offset), run);
}

/** Which blocks of a table were checked. */
export class BlockMarks {
  readonly #marks: Uint8Array;

  constructor(length: number) {
    this.#marks = new Uint8Array(length);
  }

  has(index: number): boolean {
    return this.#marks[index] === 1;
  }

  add({ first, blocks }: BlockRun): void {
    this.#marks.fill(1, first, first + blocks.length);
  }
}

/** Puts blocks that lie side by side together, as many as are checked at a time. Those that are marked are left out. */
export function* runsOf(
  list: BlockList,
  span: { readonly begin: number; readonly end: number },
  marks?: BlockMarks,
): Generator<BlockRun, void, undefined> {
  let blocks: BlockPlace[] = [];
  for (let index = span.begin; index < span.end; index++) {
    const isMarked = marks?.has(index) === true;
    const place = list.place(index);
    const [first, last] = [blocks[0], blocks.at(-1)];
    if (first !== undefined && (isMarked || last?.end !== place.offset || place.end - first.offset > SLICE_BYTES)) {
      yield runOf(blocks, index);
      blocks = [];
    }
    if (!isMarked) blocks.push(place);
  }
  if (blocks.length > 0) yield runOf(blocks, span.end);
}

function runOf(blocks: readonly BlockPlace[], end: number): BlockRun {
  const first = end - blocks.length;
  return { first, offset: (blocks[0] as BlockPlace).offset, end: (blocks.at(-1) as BlockPlace).end, blocks };
}

/** The end of a table. */
interface Tail {
  /** Where it begins in its file. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** Filters and lists stand at the end, side by side. */
function tailOf({ sizeBytes }: OpenFile): number {
  if (sizeBytes < FOOTER_BYTES) throw new Error("it does not end as a table does");
  return Math.max(0, sizeBytes - TAIL_BYTES);
}

/** The list of blocks, the frame checked; or, if that begins before the tail does, where. */
function frameIn(tail: Tail): BlockList | number {
  const { filters, rows } = readFooter(tail.bytes.subarray(-FOOTER_BYTES));
  const begin = Math.min(filters.offset, rows.offset);
  if (begin < tail.start) return begin;
  const list = new BlockList(pieceOf(tail, filters), filters.offset);
  for (let index = 0; index < list.length; index++) {
    const filter = list.place(index);
    if (filter.offset < tail.start) return filter.offset;
    checkBlock(pieceOf(tail, filter), filter.offset, filter);
  }
  return new BlockList(pieceOf(tail, rows), rows.offset);
}

function pieceOf({ start, bytes }: Tail, place: BlockPlace): Uint8Array {
  assertInside({ sizeBytes: start + bytes.length }, place);
  return bytes.subarray(place.offset - start, place.end - start);
}

async function readPiece(
  file: OpenFile,
  place: { readonly offset: number; readonly end: number },
): Promise<Uint8Array> {
  assertInside(file, place);
  return file.read(place.offset, place.end - place.offset);
}

function assertInside(
  file: Pick<OpenFile, "sizeBytes">,
  { offset, end }: { readonly offset: number; readonly end: number },
): void {
  if (end > file.sizeBytes - FOOTER_BYTES) throw new Error(`it ends before the block at byte ${offset} does`);
}

function checkBlocks(bytes: Uint8Array, { offset, blocks }: BlockRun): void {
  for (const block of blocks) checkBlock(bytes, offset, block);
}
