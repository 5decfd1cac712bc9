/** What package.json and deno.json say, and that they say the same. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT, packages, readJson, type Manifest } from "../workspace.ts";

interface DenoManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

const SOURCE = "@tidemark/source";

for (const { name, folder, manifest } of packages()) {
  const deno = readJson<DenoManifest>(join(folder, "deno.json"));

  test(`${name} exports the same entries to npm and to JSR`, () => {
    const entries = Object.entries(manifest.exports ?? {}).filter(([key]) => key !== "./package.json");
    const sources = entries.map(([key, target]) => [key, typeof target === "string" ? target : target[SOURCE]]);
    assert.deepEqual(Object.fromEntries(sources), deno.exports);
  });

  test(`${name} points every entry at its source first, then at what the build makes of it`, () => {
    for (const [key, target] of Object.entries(manifest.exports ?? {})) {
      if (key === "./package.json") continue;
      assert.ok(typeof target === "object", `${key} has no conditions`);
      assert.deepEqual(Object.keys(target), [SOURCE, "types", "default"]);
      const source = target[SOURCE] ?? "";
      assert.ok(existsSync(join(folder, source)), `${source} does not exist`);
      const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
      assert.equal(target["types"], `${built}.d.ts`);
      assert.equal(target["default"], `${built}.js`);
    }
  });

  test(`${name} has the same name, version and licence for npm and for JSR`, () => {
    const { name: packageName, version, license } = manifest;
    assert.deepEqual(
      { name: deno.name, version: deno.version, license: deno.license },
      { name: packageName, version, license },
    );
    assert.equal(packageName, `@tidemark/${name}`);
    assert.equal(license, "Apache-2.0");
  });

  test(`${name} carries its README and the licence`, () => {
    assert.notEqual(readFileSync(join(folder, "README.md"), "utf8").trim(), "");
    assert.equal(readFileSync(join(folder, "LICENSE"), "utf8"), readFileSync(join(ROOT, "LICENSE"), "utf8"));
  });
}

test("every entry of core has a budget for its size", () => {
  const budgets = readJson<Readonly<Record<string, unknown>>>(join(ROOT, "scripts/budgets.json"));
  const { exports } = readJson<DenoManifest>(join(ROOT, "packages/core/deno.json"));
  for (const source of Object.values(exports)) {
    assert.ok(Object.hasOwn(budgets, join("packages/core", source)), `${source} has no budget`);
  }
});

test("all packages have one version, and ask for each other by it", () => {
  const versions = new Set(packages().map((each) => each.manifest.version));
  assert.equal(versions.size, 1);
  const [version] = versions;
  for (const { name, manifest } of packages()) {
    for (const [dependency, range] of Object.entries(manifest.dependencies ?? {})) {
      if (!dependency.startsWith("@tidemark/")) continue;
      assert.equal(range, `^${version}`, `${name} asks for ${dependency} ${range}`);
    }
  }
});

test("core depends on nothing", () => {
  const core = packages().find((each) => each.name === "core");
  assert.deepEqual(Object.keys(core?.manifest.dependencies ?? {}), []);
  assert.deepEqual(Object.keys(core?.manifest.peerDependencies ?? {}), []);
});

test("every tool is pinned exactly", () => {
  const root = readJson<Manifest>(join(ROOT, "package.json"));
  for (const [tool, range] of Object.entries({ ...root.devDependencies, ...root.optionalDependencies })) {
    assert.match(range, /^(?:npm:[\w-]+@)?\d+\.\d+\.\d+$/, `${tool} is not pinned`);
  }
});
