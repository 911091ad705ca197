import { CartwayError } from "@libs/errors";

/** Which event leads from which state to which. Transitions not in the table are not allowed. */
export interface StateMachine<State extends string, Event extends string> {
  /** The name used in messages: `device`. */
  readonly subject: string;
  readonly transitions: Readonly<Record<State, Readonly<Partial<Record<Event, State>>>>>;
}

/** The state after an event. @throws CartwayError `conflict` that names the current state and the possible events. */
export function nextState<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
  state: State,
  event: Event,
): State {
  const next = machine.transitions[state][event];
  if (next === undefined) throw forbiddenMove(machine, state, event);
  return next;
}

/** The states in which an event is allowed, for the condition of a statement. */
export function statesBefore<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
  event: Event,
): readonly State[] {
  return statesOf(machine).filter((state) => machine.transitions[state][event] !== undefined);
}

/** The final states. */
export function finalStates<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
): readonly State[] {
  return statesOf(machine).filter((state) => Object.keys(machine.transitions[state]).length === 0);
}

export function statesOf<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
): readonly State[] {
  return Object.keys(machine.transitions) as State[];
}

function forbiddenMove<State extends string, Event extends string>(
  machine: StateMachine<State, Event>,
  state: State,
  event: Event,
): CartwayError {
  return new CartwayError("conflict", {
    message: `The ${machine.subject} is ${state}: ${event} is not possible now.`,
    details: { state, event, possible: Object.keys(machine.transitions[state]) },
  });
}
