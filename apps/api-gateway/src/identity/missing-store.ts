/** An identity cannot be made because the gateway runs without what holds its users, keys or sessions; its config may be right. */
export class MissingStore extends TypeError {}
