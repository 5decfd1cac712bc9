/**
 * ArrayBuffer and its views, apart from Uint8Array, which has a tag of its own. On the wire: the kind, the length in
 * bytes, the elements in little-endian order.
 *
 * @module
 */

interface BufferClass {
  readonly prototype: object;
  readonly name: string;
  new (buffer: ArrayBuffer): object;
}

interface BufferKind {
  readonly name: string;
  readonly elementBytes: number;
  /** The class, if this runtime has it. */
  readonly type: BufferClass | undefined;
}

/** ES2025; not on every runtime. */
declare const Float16Array: BufferClass | undefined;

/** The place in this list is the kind's number on the wire; 0 is ArrayBuffer itself. */
const KINDS: readonly BufferKind[] = [
  { name: "ArrayBuffer", elementBytes: 1, type: ArrayBuffer as unknown as BufferClass },
  { name: "DataView", elementBytes: 1, type: DataView },
  { name: "Int8Array", elementBytes: 1, type: Int8Array },
  { name: "Uint8ClampedArray", elementBytes: 1, type: Uint8ClampedArray },
  { name: "Int16Array", elementBytes: 2, type: Int16Array },
  { name: "Uint16Array", elementBytes: 2, type: Uint16Array },
  { name: "Int32Array", elementBytes: 4, type: Int32Array },
  { name: "Uint32Array", elementBytes: 4, type: Uint32Array },
  { name: "Float32Array", elementBytes: 4, type: Float32Array },
  { name: "Float64Array", elementBytes: 8, type: Float64Array },
  { name: "BigInt64Array", elementBytes: 8, type: BigInt64Array },
  { name: "BigUint64Array", elementBytes: 8, type: BigUint64Array },
  { name: "Float16Array", elementBytes: 2, type: typeof Float16Array === "undefined" ? undefined : Float16Array },
];

/** The number of the kind with this prototype, or -1. */
export function bufferKindOf(prototype: object): number {
  return KINDS.findIndex((kind) => kind.type?.prototype === prototype);
}

/** The number of bytes in an element, or `undefined` if there is no such kind. */
export function elementBytesOf(kindNumber: number): number | undefined {
  return KINDS[kindNumber]?.elementBytes;
}

/** The name of a kind that this runtime does not have, else `undefined`. */
export function missingKind(kindNumber: number): string | undefined {
  const kind = KINDS[kindNumber];
  return kind?.type === undefined ? kind?.name : undefined;
}

/** The bytes of a buffer or a view as they go on the wire. Not a copy where that can be helped. */
export function bufferToBytes(value: ArrayBuffer | ArrayBufferView, kindNumber: number): Uint8Array {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return LITTLE_ENDIAN ? bytes : swapElements(bytes, KINDS[kindNumber]?.elementBytes ?? 1);
}

/** Reads back {@link bufferToBytes}, from a copy. */
export function bufferFromBytes(bytes: Uint8Array, kindNumber: number): unknown {
  const { elementBytes, type } = KINDS[kindNumber] as BufferKind;
  const copy = LITTLE_ENDIAN ? bytes.slice() : swapElements(bytes, elementBytes);
  const buffer = copy.buffer as ArrayBuffer;
  return kindNumber === 0 || type === undefined ? buffer : new type(buffer);
}

/** A copy in which the bytes of each element stand in the opposite order. */
export function swapElements(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const swapped = bytes.slice();
  for (let i = 0; i < swapped.length; i += elementBytes) swapped.subarray(i, i + elementBytes).reverse();
  return swapped;
}

const LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
