interface Macrotasks {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: typeof MessageChannel;
}

// Captured when the module is loaded, so that the guard against ambient time does not reach the simulator's own turn.
const host = globalThis as Macrotasks;
const setImmediate = host.setImmediate;
const Channel = host.MessageChannel;

/**
 * Lets every promise reaction that is due run, by giving the real event loop one turn. After it, code under simulation
 * stands still until the world delivers something.
 */
export const drainMicrotasks: () => Promise<void> = setImmediate === undefined ? channelTurn() : immediateTurn();

function immediateTurn(): () => Promise<void> {
  return () => new Promise((resolve) => setImmediate!(resolve));
}

/** For browsers and isolates. The ports are closed after each turn, since an open port keeps some hosts alive. */
function channelTurn(): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      const { port1, port2 } = new Channel!();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
}
