/**
 * The test files of the bundle, by their paths. The list is empty here: the script that bundles puts the real one in
 * the place of this file.
 */
export const files: Readonly<Record<string, () => Promise<unknown>>> = {};
