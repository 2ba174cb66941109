/**
 * The most tokens of a prompt in one run, and in one message. Between runs a request can be cancelled, and between
 * messages other sessions have their turns.
 */
export const chunk = 128;
