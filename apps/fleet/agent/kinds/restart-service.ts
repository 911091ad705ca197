import { type CommandHandler, refused } from "./command-handler.ts";
import { runProgram } from "./run-program.ts";

/** Runs the command that the shop's config has for the service. */
export const restartService: CommandHandler = async ({ parameters, permissions, signal }) => {
  const service = String(parameters["service"]);
  const command = Object.hasOwn(permissions.services, service) ? permissions.services[service] : undefined;
  return command === undefined
    ? refused(`this agent may not restart ${service}`)
    : await runProgram(command, signal);
};
