/**
 * Where bids come from: four big channels and ten thousand small ones, each with a fixed address.
 *
 * The reference generator has neither channels nor addresses. They are drawn from random numbers of their own, so that
 * everything else stays as it is there. Neighbouring seeds give nearly equal first draws: those are thrown away.
 */
import { JavaRandom } from "./java-random.ts";
import { TextDraws } from "./draws.ts";

/** A channel and the address of its bids. */
export interface Channel {
  readonly channel: string;
  readonly url: string;
}

const BIG = ["Google", "Facebook", "Baidu", "Apple"] as const;
const SMALL_COUNT = 10_000;
const BID_SEEDS = 2 ** 40;
const SLOT_SEEDS = 2 ** 41;
const UNDERSCORE = 95;

/** All bits of `value` in reverse order, as a signed number of 32 bits. */
function reverseBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed;
}

/** The channel id in the address of a small channel. That of channel 1 stays negative: 2^31 has no positive int. */
function channelId(slot: number): number {
  return Math.abs(reverseBits(slot)) | 0;
}

/** The channels, numbered: the small ones by their names, then the big ones. */
export class Channels {
  readonly #random = new JavaRandom();
  readonly #texts = new TextDraws(this.#random);
  readonly #made: (Channel | undefined)[] = new Array<Channel | undefined>(SMALL_COUNT + BIG.length).fill(undefined);

  /** The number of the channel that the bid of the event `id` comes from. */
  slotOf(id: number): number {
    const random = this.#random;
    random.seed(BID_SEEDS + id);
    random.int32();
    return random.int(2) > 0 ? SMALL_COUNT + random.int(BIG.length) : random.int(SMALL_COUNT);
  }

  /** The channel with this number; always the same object. */
  get(slot: number): Channel {
    return (this.#made[slot] ??= this.#make(slot));
  }

  #make(slot: number): Channel {
    this.#random.seed(SLOT_SEEDS + slot);
    this.#random.int32();
    const folder = (): string => this.#texts.text(5, UNDERSCORE);
    const url = `https://www.nexmark.com/${folder()}/${folder()}/${folder()}/item.htm?query=1`;
    const big = BIG[slot - SMALL_COUNT];
    if (big !== undefined) return { channel: big, url };
    const named = this.#random.int(10) > 0;
    return { channel: `channel-${slot}`, url: named ? `${url}&channel_id=${channelId(slot)}` : url };
  }
}
