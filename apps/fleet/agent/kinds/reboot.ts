import { type CommandHandler, refused } from "./command-handler.ts";
import { runProgram } from "./run-program.ts";

/** Runs the reboot command of the shop's config, such as `shutdown -r +1`. */
export const reboot: CommandHandler = async ({ permissions, signal }) => {
  const { rebootCommand } = permissions;
  return rebootCommand === undefined
    ? refused("this agent may not reboot")
    : await runProgram(rebootCommand, signal);
};
