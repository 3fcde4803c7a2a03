/** `rival.ts NAME TYPE`: one rival's outcome as JSON, in a process of its own, whose memory nobody has used before. */
import { RIVALS } from './type-rivals.js';
import { measure, type Subjects } from './type-subject.js';

const [name = '', type = ''] = process.argv.slice(2);
const subjects = await RIVALS[name]?.();
const subject = subjects?.[type as keyof Subjects];
console.log(JSON.stringify(subject === undefined ? null : await measure(subject)));
process.exit(0);
