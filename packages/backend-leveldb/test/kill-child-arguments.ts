/** How this runtime is told to run a program beside a test: a source, or what was compiled of it. */
export function runtimeArguments(): readonly string[] {
  const conditions = import.meta.url.endsWith(".ts") ? ["--conditions=@tidemark/source"] : [];
  return "Deno" in globalThis ? ["run", "-A", ...conditions] : conditions;
}
