/** The reference backend under the contract of all backends; float64 compares with itself. */
import { referenceBackend } from "#engine/backends/reference.ts";
import { backendContract } from "#test/contracts/backend.ts";

backendContract("reference", referenceBackend, {
  precisions: ["float64", "float32"],
  tolerance: { float64: 1e-15, float32: 1e-5 },
});
