/**
 * The most tokens of a prompt in one run, and in one message, while others use the model. Between runs a request can be
 * cancelled, and between messages other sessions have their turns.
 */
export const chunk = 128;

/** The same for a session that has the model to itself: fewer runs read the weights less often. */
export const longChunk = 512;
