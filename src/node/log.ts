/**
 * What the node writes its log to. The shape is pino's, so that a program that embeds a node may hand in its own logger;
 * without one a node is silent.
 */
export interface NodeLog {
  debug(context: object, message: string): void;
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}

function nothing(): void {}

export const silentLog: NodeLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };
