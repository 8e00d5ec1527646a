/**
 * Validators of requests for Fastify: one compiler for all routes, and each schema compiled when
 * it is first needed. Compiling all of them took half of the service's start.
 */
import AjvCompiler, { type BuildCompilerFromPool } from "@fastify/ajv-compiler";

type Compiler = ReturnType<BuildCompilerFromPool>;
type Validate = ReturnType<Compiler>;

/** A validator that is compiled by its first use. */
function lazy(compile: () => Validate): Validate {
  let compiled: Validate | undefined;
  const validate = (data: unknown) => {
    compiled ??= compile();
    const answer = compiled(data);
    // Where Fastify reads what was wrong.
    lazily.errors = compiled.errors ?? null;
    return answer;
  };
  // Fastify calls a validator and reads its errors, and nothing else of what Ajv's have.
  const lazily = validate as Validate;
  return lazily;
}

/**
 * What Fastify asks for compilers of validators. It does so for every route, with all schemas that
 * are known, and would write them out each time to see that they are the same.
 */
export function lazyValidators(): BuildCompilerFromPool {
  const build = AjvCompiler();
  const compilers = new Map<string, Compiler>();
  return (schemas, options) => {
    const names = Object.keys(schemas).join();
    const compiler = compilers.get(names) ?? build(schemas, options);
    compilers.set(names, compiler);
    return (schema, isMeta) => lazy(() => compiler(schema, isMeta));
  };
}
