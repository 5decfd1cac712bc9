/**
 * WTF-8 (https://simonsapin.github.io/wtf-8/): UTF-8 in which a surrogate without its other half is kept, as three
 * bytes. Every JavaScript string has exactly one form, every form is one string, well-formed strings look like UTF-8,
 * and the bytes sort by code point. `TextEncoder` would replace such surrogates by U+FFFD and make two strings one.
 *
 * @module
 */

import { invalidBytes } from "./invalid.ts";

/** From this length on the platform's own codec wins over a loop (measured: Node 24, x64). */
const NATIVE_FROM = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The number of bytes that {@link writeWtf8} will write. */
export function wtf8Length(text: string): number {
  const units = text.length;
  let bytes = units;
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isLead(unit) && i + 1 < units && isTrail(text.charCodeAt(i + 1))) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

/**
 * Writes `text` into `target`, which must have room for {@link wtf8Length} bytes from `offset` on.
 *
 * @returns The offset behind the last byte written.
 */
export function writeWtf8(text: string, target: Uint8Array, offset: number): number {
  const units = text.length;
  if (units >= NATIVE_FROM && isWellFormed(text)) {
    return offset + encoder.encodeInto(text, target.subarray(offset)).written;
  }
  let at = offset;
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else {
      const next = isLead(unit) && i + 1 < units ? text.charCodeAt(i + 1) : 0;
      if (isTrail(next)) {
        const point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
        target[at++] = 0xf0 | (point >> 18);
        target[at++] = 0x80 | ((point >> 12) & 0x3f);
        target[at++] = 0x80 | ((point >> 6) & 0x3f);
        target[at++] = 0x80 | (point & 0x3f);
        i++;
      } else {
        target[at++] = 0xe0 | (unit >> 12);
        target[at++] = 0x80 | ((unit >> 6) & 0x3f);
        target[at++] = 0x80 | (unit & 0x3f);
      }
    }
  }
  return at;
}

/**
 * Reads the string whose WTF-8 form is `bytes[start, end)`.
 *
 * @throws {SerializationError} BYTES_INVALID if the bytes are no WTF-8, or not its one canonical form.
 */
export function readWtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= NATIVE_FROM) {
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      // Lone surrogates, or damage: the loop tells the two apart.
    }
  }
  let text = "";
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const [a, b, c, d] = [
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
    ];
    const [e, f, g, h] = [
      bytes[at + 4] as number,
      bytes[at + 5] as number,
      bytes[at + 6] as number,
      bytes[at + 7] as number,
    ];
    if ((a | b | c | d | e | f | g | h) >= 0x80) return text + readRest(bytes, at, end);
    text += String.fromCharCode(a, b, c, d, e, f, g, h);
  }
  const a = at < end ? (bytes[at] as number) : 0;
  const b = at + 1 < end ? (bytes[at + 1] as number) : 0;
  const c = at + 2 < end ? (bytes[at + 2] as number) : 0;
  const d = at + 3 < end ? (bytes[at + 3] as number) : 0;
  const e = at + 4 < end ? (bytes[at + 4] as number) : 0;
  const f = at + 5 < end ? (bytes[at + 5] as number) : 0;
  const g = at + 6 < end ? (bytes[at + 6] as number) : 0;
  if ((a | b | c | d | e | f | g) >= 0x80) return text + readRest(bytes, at, end);
  switch (end - at) {
    case 0:
      return text;
    case 1:
      return text + String.fromCharCode(a);
    case 2:
      return text + String.fromCharCode(a, b);
    case 3:
      return text + String.fromCharCode(a, b, c);
    case 4:
      return text + String.fromCharCode(a, b, c, d);
    case 5:
      return text + String.fromCharCode(a, b, c, d, e);
    case 6:
      return text + String.fromCharCode(a, b, c, d, e, f);
    default:
      return text + String.fromCharCode(a, b, c, d, e, f, g);
  }
}

/** The careful loop: any code point, every rule of the format checked. */
function readRest(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let afterLead = false;
  for (let at = start; at < end;) {
    const point = readPoint(bytes, at, end);
    if (afterLead && isTrail(point)) throw invalidBytes("a surrogate pair written as two halves", at);
    afterLead = isLead(point);
    text += String.fromCodePoint(point);
    at += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return text;
}

function readPoint(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) throw invalidBytes(`the byte ${first}, which starts no character`, at);
  if (at + size > end) throw invalidBytes("a character that is cut off", at);
  let point = first & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i] as number;
    if ((next & 0xc0) !== 0x80) throw invalidBytes("a character that is cut off", at);
    point = (point << 6) | (next & 0x3f);
  }
  const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  if (point < least || point > 0x10ffff) throw invalidBytes(`the code point ${point} in ${size} bytes`, at);
  return point;
}

function isLead(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isTrail(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** `String.prototype.isWellFormed` (ES2024) where there is one; elsewhere `false`, which only costs speed. */
function isWellFormed(text: string): boolean {
  return (text as { isWellFormed?: () => boolean }).isWellFormed?.() ?? false;
}
