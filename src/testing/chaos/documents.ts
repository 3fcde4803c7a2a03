/**
 * Documents that clients of all regions edit at once, each in a Yjs document of its own that it catches up now and then; and some
 * that one session edits alone and deletes.
 *
 * A token goes in whole, between two others, and is taken out only by the session that put it in, as fields are written by one
 * session only. What is held against them: every token that is to be there is there once, nothing else is, fields hold what was
 * written last, and the regions show the same, in the same order.
 */
import { isDeepStrictEqual } from 'node:util';
import * as Y from 'yjs';
import type { Database } from '../../client/database.js';
import type { Random } from '../random.js';
import type { Hand, Matter } from './matter.js';

const SHARED = 3;
const FIELDS = 4;
const TOKEN = /<[^<>]*>/g;

/** What a document must be. */
interface Content {
  readonly tokens: Set<string>;
  readonly fields: Map<string, number>;
}

/** As a region shows it. What is empty may be left out. */
interface Shown {
  readonly body?: string;
  readonly fields?: Readonly<Record<string, number>>;
}

export class Documents implements Matter {
  readonly #expected = new Map<string, Content>();
  /** By session and key. */
  readonly #copies = new Map<string, Y.Doc>();
  /** What each node showed that was judged, by key. */
  readonly #shown = new Map<string, ReadonlyMap<string, Shown>>();
  readonly #problems: string[] = [];
  #serial = 0;

  write(hand: Hand): void {
    const { name, db, random, track } = hand;
    const alone = random.chance(30);
    const key = alone ? `doc/${name}` : `doc/${random.below(SHARED)}`;
    if (alone && random.chance(8)) {
      this.#expected.set(key, { tokens: new Set(), fields: new Map() });
      this.#copies.delete(`${name} ${key}`);
      track(`delete of ${key}`, db.doc(key).delete());
      return;
    }
    const copy = this.#copyOf(name, key, random);
    // Of a document that was deleted an answer may still tell what was there, and an edit of that goes with it.
    if (!alone && random.chance(30)) void this.#catchUp(db, key, copy);
    const update = updateOf(copy, () => this.#edit(copy, this.#contentOf(key), hand));
    if (update !== undefined) track(key, db.doc(key).apply(update));
  }

  async judge(db: Database): Promise<string[]> {
    const shown = new Map<string, Shown>();
    const wrong: string[] = [];
    for (const [key, content] of this.#expected) {
      const is = await db.doc(key).json<Shown>();
      shown.set(key, is);
      wrong.push(...misread(key, is, content));
    }
    const here = db.status().connected?.node ?? '';
    this.#shown.set(here, shown);
    for (const [there, theirs] of this.#shown) {
      const differing = [...shown].filter(([key, is]) => theirs.has(key) && !isDeepStrictEqual(is, theirs.get(key)));
      wrong.push(...differing.map(([key]) => `${key} is not what ${there} shows`));
    }
    return [...this.#problems.splice(0), ...wrong];
  }

  #contentOf(key: string): Content {
    const content = this.#expected.get(key) ?? { tokens: new Set(), fields: new Map() };
    this.#expected.set(key, content);
    return content;
  }

  #copyOf(name: string, key: string, random: Random): Y.Doc {
    const id = `${name} ${key}`;
    let copy = this.#copies.get(id);
    if (copy === undefined) {
      copy = new Y.Doc();
      copy.clientID = random.between(1, 2 ** 32 - 1);
      this.#copies.set(id, copy);
    }
    return copy;
  }

  async #catchUp(db: Database, key: string, copy: Y.Doc): Promise<void> {
    try {
      Y.applyUpdate(copy, await db.doc(key).update(Y.encodeStateVector(copy)));
    } catch (error) {
      this.#problems.push(`${key} could not be read: ${String(error)}`);
    }
  }

  #edit(copy: Y.Doc, { tokens, fields }: Content, { name, random }: Hand): void {
    const dice = random.below(100);
    if (dice < 25) {
      const field = `${name}/${random.below(FIELDS)}`;
      const map = copy.getMap<number>('fields');
      const n = random.below(100);
      if (random.chance(25)) {
        fields.delete(field);
        map.delete(field);
      } else {
        fields.set(field, n);
        map.set(field, n);
      }
      return;
    }
    const body = copy.getText('body');
    const text = body.toJSON();
    const own = dice < 40 ? [...tokens].filter((token) => token.startsWith(`<${name} `)) : [];
    if (own.length > 0) {
      const token = random.pick(own);
      tokens.delete(token);
      body.delete(text.indexOf(token), token.length);
      return;
    }
    const token = `<${name} ${(this.#serial += 1)}>`;
    tokens.add(token);
    body.insert(
      random.pick([0, ...[...text.matchAll(TOKEN)].map(({ 0: { length }, index }) => index + length)]),
      token,
    );
  }
}

/** What came of an edit: undefined if nothing did. */
function updateOf(doc: Y.Doc, edit: () => void): Uint8Array | undefined {
  let made: Uint8Array | undefined;
  const note = (update: Uint8Array): void => void (made = update);
  doc.on('update', note);
  doc.transact(edit);
  doc.off('update', note);
  return made;
}

function misread(key: string, { body = '', fields = {} }: Shown, should: Content): string[] {
  const counts = new Map<string, number>();
  for (const [token] of body.matchAll(TOKEN)) counts.set(token, (counts.get(token) ?? 0) + 1);
  const rest = body.replaceAll(TOKEN, '');
  return [
    ...[...should.tokens].filter((token) => !counts.has(token)).map((token) => `${key} lost ${token}`),
    ...[...counts].filter(([, n]) => n > 1).map(([token, n]) => `${key} shows ${token} ${n} times`),
    ...[...counts.keys()]
      .filter((token) => !should.tokens.has(token))
      .map((token) => `${key} shows ${token}, deleted or never inserted`),
    ...(rest === '' ? [] : [`${key} shows ${JSON.stringify(rest)} between its tokens`]),
    ...[...new Set([...should.fields.keys(), ...Object.keys(fields)])]
      .filter((field) => fields[field] !== should.fields.get(field))
      .map((field) => `${key} says ${fields[field]} of ${field}, not ${should.fields.get(field)}`),
  ];
}
