/** Keys of 18 characters, and the order in which they are used. */

/** Key number `i`: `counter:0000000042`. */
export function keyOf(i: number): string {
  return `counter:${String(i).padStart(10, '0')}`;
}

const LENGTH = 18;

/**
 * Strings as they come from a socket: made just now, flat, and not the object that was used last time. So a look-up has to
 * read the characters, for a Map as for anybody. (A Map that is asked with the very same string object compares pointers.)
 */
export function freshKeys(numbers: Int32Array, from: number, count: number): string[] {
  const bytes = Buffer.alloc(LENGTH * count, 'counter:0000000000');
  for (let i = 0; i < count; i++) {
    let n = numbers[from + i] as number;
    for (let at = LENGTH - 1; n > 0; at--) {
      bytes[i * LENGTH + at] = 48 + (n % 10);
      n = Math.floor(n / 10);
    }
  }
  const keys: string[] = [];
  for (let i = 0; i < count; i++) keys.push(bytes.toString('latin1', i * LENGTH, (i + 1) * LENGTH));
  return keys;
}

/** Numbers below `below`, in an order without a pattern, the same each time (xorshift32). */
export function randomNumbers(count: number, below: number): Int32Array {
  const numbers = new Int32Array(count);
  let x = 2_463_534_242;
  for (let i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    numbers[i] = (x >>> 0) % below;
  }
  return numbers;
}
