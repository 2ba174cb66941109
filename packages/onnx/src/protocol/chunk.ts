/**
 * The most tokens of a prompt in one run, and in one message, while others use the model. Between runs a request can be
 * cancelled, and between messages other sessions have their turns.
 */
export const chunk = 128;

/**
 * The same for a session that has the model to itself. Longer ones gain little more, and a short request that comes in
 * the middle of one would wait for too long.
 */
export const longChunk = 256;
