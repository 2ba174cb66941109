/** What a person, or a file, gives a command one after the other. */
export interface Input {
  /**
   * The texts until the input ends, without blank ones. A line that ends with a backslash goes on in the next line, and
   * lines that are pasted together into a terminal are one text.
   */
  texts(): AsyncGenerator<string, void, undefined>;
  /** Does work that Ctrl-C at the terminal can stop: it aborts the signal, and not the program. */
  during<Result>(work: (signal: AbortSignal | undefined) => Promise<Result>): Promise<Result>;
  /** Whether a person reads the answers as they come, and can correct what was wrong. */
  readonly interactive: boolean;
  /** Ends the input, and gives the terminal back as it was. */
  close(): void;
}
