/** A log of LevelDB. */
export const LOG_FILE: RegExp = /^\d+\.log$/;

/** A file of LevelDB that holds rows. */
export const DATA_FILE: RegExp = /^\d+\.(log|ldb|sst)$/;

/** The number in the name of a file. Numbers are not used twice, and a newer file has the higher one. */
export function numberOf(file: string): number {
  return Number.parseInt(file, 10);
}

/** Compares names of files, the older one first. */
export function byNumber(a: string, b: string): number {
  return numberOf(a) - numberOf(b);
}

/** A file number as LevelDB writes it. */
export function padded(number: number): string {
  return String(number).padStart(6, "0");
}
