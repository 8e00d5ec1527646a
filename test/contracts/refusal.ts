/** How the contracts expect a refusal. */
import { Failure } from "#src/failure.ts";

/** For `assert.rejects`: a Failure of this code. */
export function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.code === code;
}
