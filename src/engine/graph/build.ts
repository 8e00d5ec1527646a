/**
 * The door through which graphs are written: the constructors of the dictionary under the name
 * that the rest of the engine uses. They live in ops/, below the derivative rules that call them.
 */
export { applyLike } from "#engine/ops/apply.ts";
export * from "#engine/ops/build.ts";
