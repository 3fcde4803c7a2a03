/**
 * Document, declared: each deletion begins the generation after the one that its maker saw; what there is, is what Yjs makes of
 * all updates of the last generation.
 */
import * as Y from 'yjs';
import * as type from '../../crdt/doc.js';
import type { Random } from '../random.js';
import type { Subject } from '../subject.js';
import { type Event, sees } from './event.js';

interface Edit {
  readonly kind: 'edit';
  readonly at: number;
  readonly text: string;
  /** How many letters are deleted. */
  readonly deleted: number;
  /** What came of it. */
  update: Uint8Array;
}

export type DocOp = Edit | { readonly kind: 'clear' };

/** Text and fields of the document that these updates make. */
export function docModel(events: readonly Event<DocOp>[]): unknown {
  const clears = events.filter(({ op }) => op.kind === 'clear').sort((a, b) => sum(a) - sum(b));
  const generations = new Map<Event<DocOp>, number>();
  const generationOf = (event: Event<DocOp>): number =>
    Math.max(0, ...clears.filter((clear) => sees(event, clear)).map((clear) => generations.get(clear) ?? 0));
  for (const clear of clears) generations.set(clear, generationOf(clear) + 1);
  const newest = Math.max(0, ...generations.values());
  const updates = events.flatMap((event) =>
    event.op.kind === 'edit' && generationOf(event) === newest ? [event.op.update] : [],
  );
  return contentOf(updates);
}

function sum({ context }: Event<DocOp>): number {
  return context.reduce((all, n) => all + n, 0);
}

interface Content {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A document with a name of its own would draw 31 random numbers for it, which costs more than all the rest. */
function blank(): Y.Doc {
  return new Y.Doc({ guid: '' });
}

function contentOf(updates: readonly Uint8Array[]): Content {
  const made = blank();
  for (const update of updates) Y.applyUpdate(made, update);
  return look(made);
}

function look(doc: Y.Doc): Content {
  return { text: doc.getText('text').toJSON(), fields: doc.getMap('fields').toJSON() };
}

/** Delete, insert, and a field that says who did. */
function edit(doc: Y.Doc, { at: wanted, text: letters, deleted }: Edit, mark: unknown): void {
  const text = doc.getText('text');
  const at = Math.min(wanted, text.length);
  text.delete(at, Math.min(deleted, text.length - at));
  text.insert(at, letters);
  doc.getMap('fields').set(`f${wanted}`, mark);
}

/** A Yjs client that makes no other edit: Yjs numbers what a client writes, as dots do. */
function clientOf(node: string, dot: number): number {
  let hash = 0;
  for (let i = 0; i < node.length; i++) hash = (Math.imul(hash, 31) + node.charCodeAt(i)) & 0x3fff;
  return hash * 0x10000 + dot;
}

function drawEdit(random: Random): Edit {
  return {
    kind: 'edit',
    at: random.below(8),
    text: random.chance(70) ? 'abcdefgh'.slice(0, random.between(1, 4)) : '',
    deleted: random.below(4),
    update: new Uint8Array(),
  };
}

/** @param clientOf who makes the edit of a node under a dot, to Yjs */
export function performAs(clientOf: (node: string, dot: number) => number): Subject<DocOp>['perform'] {
  return (slots, head, self, dot, op) => {
    if (op.kind === 'clear') return type.logs(slots, head).size === 0 ? undefined : type.clear(slots, head, self, dot);
    const edited = blank();
    Y.applyUpdate(edited, type.update(slots, head));
    edited.clientID = clientOf(slots.actors.get(self).node, dot);
    edited.on('update', (update: Uint8Array) => {
      op.update = update;
    });
    edited.transact(() => edit(edited, op, dot));
    return type.append(slots, head, self, dot, op.update);
  };
}

export const docSubject: Subject<DocOp> = {
  crdt: type.doc,
  draw: (random) => (random.chance(10) ? { kind: 'clear' } : drawEdit(random)),
  perform: performAs(clientOf),
  value: (slots, head) => contentOf([type.update(slots, head)]),
  model: docModel,
  onStore: {
    perform(store, key, op) {
      if (op.kind === 'clear') store.doc(key).delete();
      else store.doc(key).apply(op.update);
    },
    value: (store, key) => store.doc(key).read(look),
    removed: () => [{ op: { kind: 'clear' } }],
    lives: (value) => Object.keys((value as Content).fields).length > 0,
    kinds: ['edit', 'remove'],
    act({ store, random, has, unique }, key) {
      const doc = store.doc(key);
      if (random.chance(10) && has('remove')) {
        doc.delete();
        return [{ op: { kind: 'clear' } }];
      }
      if (!has('edit')) return [];
      const op = drawEdit(random);
      doc.read(look);
      doc.observe((update) => {
        if (update !== undefined) op.update = update;
      });
      doc.transact((page) => edit(page, op, unique()));
      return [{ op }];
    },
  },
};
