/**
 * Lets this process use the software Vulkan driver that Debian's Chromium brings, so that WebGPU is
 * tested where there is no GPU. Does nothing where there is no such driver, or another is set.
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";

const folder = "/usr/lib/chromium";
const driver = `${folder}/vk_swiftshader_icd.json`;
const loader = `${folder}/libvulkan.so.1`;
/** Of dlopen, on Linux: the library stays though it is no addon of Node. */
const stays = 0x1000;

/** What a child needs of the environment to find the driver; empty where there is none. */
export function softwareVulkan(): Record<string, string> {
  if (!existsSync(driver)) return {};
  return { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: folder };
}

/** Must be called before the first session is opened. */
export function useSoftwareVulkan(): void {
  if (!existsSync(driver) || process.env["VK_ICD_FILENAMES"] !== undefined) return;
  process.env["VK_ICD_FILENAMES"] = driver;
  if (!existsSync(loader)) return;
  try {
    // The search path for libraries is read when a process starts: too late to change here.
    process.dlopen({ exports: {} }, loader, constants.dlopen.RTLD_LAZY | stays);
  } catch {
    // It is loaded, and not an addon: both were expected.
  }
}
