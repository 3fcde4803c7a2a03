/**
 * What a key is opened with, checked and copied before anything is sent: by the rules of the store (crdt/settings.ts), which asks
 * again. The settings of a type from outside are that type's business; here they only have to be JSON-like and short.
 */
import { checkOptions } from '../base/argument.js';
import { Writer } from '../base/bytes.js';
import { MerganserError } from '../base/error.js';
import { DEFAULT_BUCKET_MS, MAX_SETTINGS_BYTES } from '../base/limits.js';
import { normalise } from '../base/value.js';
import type { BuiltIn, TypeName } from '../crdt/crdt.js';
import { boundsIn, capIn, itemsIn, scaleIn, spansIn } from '../crdt/settings.js';
import { type HandleOptions, isBuiltIn, NO_OPTIONS } from '../sync/client-type.js';

const RULES: Readonly<Partial<Record<BuiltIn, (options: HandleOptions) => unknown>>> = {
  counter: scaleIn,
  log: capIn,
  window: (options) => spansIn(options, DEFAULT_BUCKET_MS),
  bounded: boundsIn,
  top: itemsIn,
};

/** Errors: BAD_ARGUMENT, BAD_VALUE, VALUE_TOO_LARGE, MESSAGE_TOO_LARGE. */
export function settingsOf(type: TypeName, options: object): HandleOptions {
  checkOptions(options);
  if (!isBuiltIn(type)) return foreign(options);
  const rule = RULES[type];
  if (rule === undefined) return NO_OPTIONS;
  const settings = given(options as HandleOptions);
  rule(settings);
  return settings;
}

function foreign(options: object): HandleOptions {
  const settings = normalise(given(options as HandleOptions));
  const writer = new Writer();
  writer.any(settings);
  if (writer.length <= MAX_SETTINGS_BYTES) return settings as HandleOptions;
  const message = `the settings of a key have ${writer.length} bytes; the limit is ${MAX_SETTINGS_BYTES}`;
  throw new MerganserError('MESSAGE_TOO_LARGE', message);
}

/** A copy of what is said: nothing is said by undefined. */
function given(options: HandleOptions): HandleOptions {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return said.length === 0 ? NO_OPTIONS : Object.freeze(Object.fromEntries(said));
}
