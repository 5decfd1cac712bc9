import { type Ink, type Line, span } from "./ink.ts";
import type { Key } from "./keys.ts";
import type { BeatKind } from "./beats.ts";

/** A frame that is ready to be shown. */
export interface Page {
  readonly kind: BeatKind;
  /** Shown after the first complete checkpoint, when the reader knows the steps. */
  readonly familiar: boolean;
  readonly lines: readonly Line[];
}

/** How to show them. */
export interface PlayOptions {
  readonly output: { write(text: string): unknown };
  readonly keys: { press(timeoutMs: number): Promise<Key | undefined> };
  readonly ink: Ink;
  readonly speed: number;
  readonly step: boolean;
}

const OTHER_SCREEN = "\u001B[?1049h\u001B[?25l";
const OWN_SCREEN = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const REST_OF_LINE = "\u001B[K";
const REST_OF_SCREEN = "\u001B[J";

/** How long a frame stays. Captions want to be read the first time. */
const STAY_MS: Readonly<Record<BeatKind, number>> = {
  flow: 500,
  trigger: 4_500,
  cut: 3_500,
  align: 4_500,
  acknowledge: 2_500,
  manifest: 4_000,
  complete: 5_000,
  crash: 6_000,
  begin: 7_000,
};
const FAMILIAR_SHARE = 0.45;
const ALWAYS_NEW: readonly BeatKind[] = ["crash", "begin", "flow"];

/**
 * Shows pages on a screen of their own, one in the place of the other.
 *
 * @returns false if it was quit before the end.
 */
export async function play(pages: readonly Page[], options: PlayOptions): Promise<boolean> {
  const { output, keys } = options;
  let stepping = options.step;
  output.write(OTHER_SCREEN);
  try {
    for (let index = 0; index < pages.length; index++) {
      const page = pages[index]!;
      draw(page, stepping, options);
      const key = await keys.press(stepping ? Infinity : stayMs(page, options.speed));
      if (key === "quit") return false;
      if (key === "pause" || key === "play") {
        stepping = key === "pause" ? !stepping : false;
        index--;
      }
      if (key === "back") {
        stepping = true;
        index = Math.max(-1, index - 2);
      }
    }
    return true;
  } finally {
    output.write(OWN_SCREEN);
  }
}

function draw({ lines }: Page, stepping: boolean, { output, ink }: PlayOptions): void {
  const help = stepping ? "Enter next   b back   p play   q quit" : "space pause   b back   q quit";
  const all = [...lines, [span(help, "dim")]];
  output.write(HOME + all.map((line) => ink(line) + REST_OF_LINE).join("\r\n") + REST_OF_SCREEN);
}

function stayMs({ kind, familiar }: Page, speed: number): number {
  const share = familiar && !ALWAYS_NEW.includes(kind) ? FAMILIAR_SHARE : 1;
  return (STAY_MS[kind] * share) / speed;
}
