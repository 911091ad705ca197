/** Opcodes of RFC 6455, section 5.2. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** Bound on the payload of a ping, pong or close frame (RFC 6455, section 5.5). */
export const controlBytesMax = 125;
