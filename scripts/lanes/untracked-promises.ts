/**
 * Loaded before `node:test`, which follows every promise by async hooks, only to say which test an error belongs to that
 * nobody caught: code with many promises then takes twice as long. With this, the runner follows its tests, so that tests
 * find the suite they are written in, and no promises. An error that nobody caught still fails the file.
 */
import hooks from "node:async_hooks";

type Callbacks = Parameters<typeof hooks.createHook>[0];

const { AsyncResource, createHook } = hooks;
let followed: Callbacks = {};

/** What tests and suites are made of. */
class FollowedResource extends AsyncResource {
  constructor(type: string, options?: ConstructorParameters<typeof AsyncResource>[1]) {
    super(type, options);
    followed.init?.(this.asyncId(), type, this.triggerAsyncId(), this);
  }
}

function followResources(callbacks: Callbacks): ReturnType<typeof createHook> {
  const hook = {
    enable: () => {
      followed = callbacks;
      return hook;
    },
    disable: () => {
      followed = {};
      return hook;
    },
  };
  return hook as ReturnType<typeof createHook>;
}

// The runner takes both when it is loaded. Nobody else gets them.
Object.assign(hooks, { AsyncResource: FollowedResource, createHook: followResources });
await import("node:test");
Object.assign(hooks, { AsyncResource, createHook });
