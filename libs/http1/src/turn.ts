/** Who has something to hand over when the present turn of the event loop ends. */
export interface TurnEnd {
  endTurn(): void;
}

/**
 * Puts off what is handed over until all events that came in together have been looked at. A write to a socket wakes whoever
 * waits at its other end, and waking is dear: of writes that follow each other the first one wakes, and the rest find it at
 * work. Under load that is a tenth of the CPU of a request; a request that comes alone waits for nobody.
 */
export class Turn {
  #waiting: TurnEnd[] = [];
  readonly #end = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one.endTurn();
  };

  defer(one: TurnEnd): void {
    if (this.#waiting.push(one) === 1) setImmediate(this.#end);
  }
}
