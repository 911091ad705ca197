import { type CommandHandler, refused } from "./command-handler.ts";
import { runProgram } from "./run-program.ts";

/** Hands over to the command that the shop's config has for it, such as `shutdown -r +1`. */
export const reboot: CommandHandler = async ({ permissions, signal }) => {
  const { rebootCommand } = permissions;
  return rebootCommand === undefined
    ? refused("this agent may not reboot")
    : await runProgram(rebootCommand, signal);
};
