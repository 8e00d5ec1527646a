/**
 * Named places at which a campaign has this process killed, as a crash or a power cut would. A
 * process whose configuration names none passes them by.
 */

/** Place → what has just happened, or is about to. */
export const failpointNames = [
  "before_commit",
  "after_commit",
  "before_ack",
  "before_rename",
  "after_put",
] as const;
export type FailpointName = (typeof failpointNames)[number];

/** Called at a place; does not return when chance will have it. */
export type Failpoint = (name: FailpointName) => void;

/** `before_commit:0.01,after_put:0.5`: each place with the probability of being killed there. */
export const failpointsPattern = `^((${failpointNames.join("|")}):(0(\\.\\d+)?|1)(,(?!$)|$))*$`;

/** What a text that fits the pattern asks for; undefined when it names no place. */
export function failpointOf(text: string): Failpoint | undefined {
  const chances = new Map<string, number>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", chance] = part.split(":");
    chances.set(name, Number(chance));
  }
  if (chances.size === 0) return undefined;
  return (name) => {
    if (Math.random() < (chances.get(name) ?? 0)) process.kill(process.pid, "SIGKILL");
  };
}
