/** Whether a byte is printable in Latin-1, so that GPT-2's byte-level BPE writes it as itself. */
const printable = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);

/** GPT-2's characters for the 256 bytes: printable ones stand for themselves, the others map to U+0100 and up. */
export const byteLetters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();
