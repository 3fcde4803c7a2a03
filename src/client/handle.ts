/**
 * What every handle does: ask the node for one method of the table (sync/client-operation.ts), with its operands checked and copied
 * here. A handle holds no state but the target, so that keeping one or asking for it again is the same. Every write returns a
 * promise that resolves when the write is done (see `durable`) and rejects with a `MerganserError`; every read asks the node, in
 * order with the writes before it; every read can be subscribed to.
 *
 * Invariant: whatever is handed in, what returns a promise throws nothing, and whatever is thrown is a `MerganserError`.
 */
import { checkFunction, checkOptions, wrongArgument } from '../base/argument.js';
import { MerganserError } from '../base/error.js';
import { codeOf, takeOperands } from '../sync/client-operation.js';
import { blankOperation, type Operation } from '../sync/client-shape.js';
import type { Session } from './session.js';
import type { Target } from './target.js';

export interface WriteOptions {
  /** How many other regions must hold the write before it is answered. */
  readonly durable?: number;
}

export type Unsubscribe = () => void;

/** What is asked just now: whoever takes it over copies it. */
const ASKED = blankOperation();

/** Errors: those of the operands. */
export function ask(code: number, operands: readonly unknown[]): Operation {
  ASKED.code = code;
  takeOperands(ASKED, operands);
  // A getter of an operand may have asked something as well.
  ASKED.code = code;
  return ASKED;
}

/** For how many other regions a write waits; undefined: as the session does. Errors: BAD_ARGUMENT. */
export function durableIn(options: WriteOptions | undefined): number | undefined {
  return options === undefined ? undefined : checkOptions(options).durable;
}

/** What it returns or throws, as a promise. */
export function promised<T>(asking: () => Promise<T>): Promise<T> {
  try {
    return asking();
  } catch (error) {
    return Promise.reject(typed(error));
  }
}

/** Code of the caller ran, in a getter or a proxy, and threw. */
export function typed(error: unknown): MerganserError {
  return error instanceof MerganserError ? error : new MerganserError('BAD_ARGUMENT', 'an argument cannot be read');
}

export class Handle {
  protected readonly session: Session;
  protected readonly target: Target;

  constructor(session: Session, target: Target) {
    this.session = session;
    this.target = target;
  }

  get key(): string {
    return this.target.key;
  }

  protected put(code: number, options: WriteOptions | undefined, ...operands: unknown[]): Promise<void> {
    try {
      const durable = durableIn(options);
      const { n, value, at, name } = ask(code, operands);
      return this.session.write(this.target, code, durable, n, value, at, name);
    } catch (error) {
      return Promise.reject(typed(error));
    }
  }

  protected fetch<T>(code: number, ...operands: unknown[]): Promise<T> {
    try {
      return this.session.read(this.target, ask(code, operands));
    } catch (error) {
      return Promise.reject(typed(error));
    }
  }

  /** Errors: BAD_ARGUMENT (no listener), those of the operands, TOO_MANY_SUBSCRIPTIONS. */
  protected follow<T>(code: number, listener: (value: T) => void, ...operands: unknown[]): Unsubscribe {
    checkFunction('the listener', listener);
    try {
      return this.session.subscribe(this.target, ask(code, operands), listener);
    } catch (error) {
      throw typed(error);
    }
  }
}

/** The handle of a type that the SDK has no class for: the methods that were registered with it, by their names. */
export class OpenHandle extends Handle {
  /** Errors: BAD_ARGUMENT (no such method), those of the operands, those of the type. */
  write(method: string, operands: readonly unknown[] = [], options?: WriteOptions): Promise<void> {
    return promised(() => {
      if (!Array.isArray(operands)) throw wrongArgument('operands come as an array', operands);
      return this.put(codeOf(this.target.type, method, false), options, ...(operands as readonly unknown[]));
    });
  }

  /** Errors: as `write`. */
  read<T = unknown>(method: string, ...operands: readonly unknown[]): Promise<T> {
    return promised(() => this.fetch(codeOf(this.target.type, method, true), ...operands));
  }

  /** First the value, then every later one. Throws what `read` rejects with. */
  subscribe<T = unknown>(method: string, listener: (value: T) => void, ...operands: readonly unknown[]): Unsubscribe {
    return this.follow(codeOf(this.target.type, method, true), listener, ...operands);
  }
}
