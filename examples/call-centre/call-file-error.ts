/**
 * What can be wrong with a file of calls, told with a code. The data is the world's, not ours: a bad file ends the
 * replay with one line that says which file, which row and what was expected, never with a stack trace.
 */
export type CallFileCode =
  /** There is no such file, or it may not be read. */
  | 'CALL_FILE_UNREADABLE'
  /** It is not a table of calls: not gzip though it is named so, or the header lacks columns. */
  | 'CALL_FILE_NOT_CALLS'
  /** One row has the right number of cells and a cell that cannot be understood. */
  | 'CALL_FILE_BAD_ROW';

export class CallFileError extends Error {
  readonly code: CallFileCode;

  constructor(code: CallFileCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CallFileError';
    this.code = code;
  }
}
