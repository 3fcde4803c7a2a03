import { once } from 'node:events';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { describe, expect, it, vi } from 'vitest';
import type { MerganserNode } from '../../src/node/index.js';
import { aClient, aCluster, aNode, atTheEnd, urlOf } from './nodes.js';

interface Editor {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
}

/** A stock Yjs provider. */
function anEditor(node: MerganserNode, key: string): Editor {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${urlOf(node).replace('http', 'ws')}/doc`, key, doc, {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
  });
  atTheEnd(() => {
    provider.destroy();
    doc.destroy();
  });
  return { doc, provider };
}

/** Resolves once it holds, which is asked after each event of the document. */
function until(doc: Y.Doc, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!holds()) return;
      doc.off('afterTransaction', check);
      resolve();
    };
    doc.on('afterTransaction', check);
    check();
  });
}

/** Resolves once what the one editor is shown of the other is this name; undefined: the other is not there. */
function knows(one: Editor, other: Editor, name: string | undefined): Promise<void> {
  const { awareness } = one.provider;
  return new Promise((resolve) => {
    const check = (): void => {
      if (awareness.getStates().get(other.doc.clientID)?.['name'] !== name) return;
      awareness.off('change', check);
      resolve();
    };
    awareness.on('change', check);
    check();
  });
}

/** A message of what Yjs clients say of themselves. */
function said(...states: readonly (readonly [client: number, json: string])[]): Uint8Array {
  const update = encoding.createEncoder();
  encoding.writeVarUint(update, states.length);
  for (const [client, json] of states) {
    encoding.writeVarUint(update, client);
    encoding.writeVarUint(update, 1);
    encoding.writeVarString(update, json);
  }
  const message = encoding.createEncoder();
  encoding.writeVarUint(message, 1);
  encoding.writeVarUint8Array(message, encoding.toUint8Array(update));
  return encoding.toUint8Array(message);
}

function textOf({ doc }: Editor): string {
  return doc.getText('body').toJSON();
}

describe('a document that is edited', () => {
  it('is one text for stock Yjs providers in two regions', async () => {
    const [east, west] = (await aCluster('east', 'west')) as [MerganserNode, MerganserNode];
    const [ann, bob] = [anEditor(east, 'notes/monday'), anEditor(west, 'notes/monday')];
    ann.doc.getText('body').insert(0, 'Hello');
    await until(bob.doc, () => textOf(bob) === 'Hello');
    bob.doc.getText('body').insert(5, ' world');
    ann.doc.getText('body').insert(0, '> ');
    await Promise.all([ann, bob].map((editor) => until(editor.doc, () => textOf(editor) === '> Hello world')));
    expect(east.store.doc('notes/monday').toJSON()).toEqual({ body: '> Hello world' });
    const third = anEditor(west, 'notes/monday');
    await until(third.doc, () => textOf(third) === '> Hello world');
    expect(west.status()).toMatchObject({ clients: { editors: 2, documents: 1 }, keysByType: { doc: 1 } });
  });

  it('is there for who comes later, and for readers as plain data', async () => {
    const [east, west] = (await aCluster('east', 'west')) as [MerganserNode, MerganserNode];
    const ann = anEditor(east, 'card');
    ann.doc.getMap('head').set('title', 'Greeting');
    const db = await aClient(urlOf(west));
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      db.doc('card').subscribe((json) => {
        seen.push(json);
        if (JSON.stringify(json) === '{"head":{"title":"Greeting"}}') resolve();
      });
    });
    const late = anEditor(west, 'card');
    await until(late.doc, () => late.doc.getMap('head').get('title') === 'Greeting');
    expect(await db.doc('card').json()).toEqual({ head: { title: 'Greeting' } });
    const copy = new Y.Doc();
    Y.applyUpdate(copy, await db.doc('card').update());
    expect(copy.getMap('head').toJSON()).toEqual({ title: 'Greeting' });
  });

  it('takes what an embedded store writes', async () => {
    const node = await aNode();
    const ann = anEditor(node, 'page');
    node.store.doc('page').transact((doc) => doc.getText('body').insert(0, 'from here'));
    await until(ann.doc, () => textOf(ann) === 'from here');
    expect(ann.doc.clientID).not.toBe(node.store.doc('page').read((doc) => doc.clientID));
  });

  it('shows who is there to those who edit at the same node', async () => {
    const node = await aNode();
    const [ann, bob] = [anEditor(node, 'page'), anEditor(node, 'page')];
    ann.provider.awareness.setLocalStateField('name', 'Ann');
    await knows(bob, ann, 'Ann');
    ann.provider.destroy();
    await knows(bob, ann, undefined);
    expect([...bob.provider.awareness.getStates().keys()]).toEqual([bob.doc.clientID]);
  });

  it('shows who is there to those who edit in another region, until they or their node have gone', async () => {
    const [east, west] = (await aCluster('east', 'west')) as [MerganserNode, MerganserNode];
    const key = `notes/${'x'.repeat(1000)}`;
    const [ann, bob] = [anEditor(east, key), anEditor(west, key)];
    ann.provider.awareness.setLocalStateField('name', 'Ann');
    await knows(bob, ann, 'Ann');
    bob.provider.awareness.setLocalStateField('name', 'Bob');
    await knows(ann, bob, 'Bob');
    ann.provider.awareness.setLocalStateField('name', 'Anna');
    await knows(bob, ann, 'Anna');
    const late = anEditor(west, key);
    await knows(late, ann, 'Anna');
    ann.provider.destroy();
    await Promise.all([knows(bob, ann, undefined), knows(late, ann, undefined)]);
    const cy = anEditor(east, key);
    cy.provider.awareness.setLocalStateField('name', 'Cy');
    await knows(bob, cy, 'Cy');
    await east.close();
    await knows(bob, cy, undefined);
    expect([east.store.keys(), west.store.keys()]).toEqual([[], []]);
  });

  it('keeps what is too much for other regions to those who edit at the same node', async () => {
    const [east, west] = (await aCluster('east', 'west')) as [MerganserNode, MerganserNode];
    const [ann, bea, bob] = [anEditor(east, 'page'), anEditor(east, 'page'), anEditor(west, 'page')];
    ann.provider.awareness.setLocalStateField('name', 'Ann');
    await knows(bob, ann, 'Ann');
    ann.provider.awareness.setLocalStateField('name', 'x'.repeat(5000));
    await Promise.all([knows(bea, ann, 'x'.repeat(5000)), knows(bob, ann, undefined)]);
    ann.provider.awareness.setLocalStateField('name', 'Ann again');
    await Promise.all([knows(bea, ann, 'Ann again'), knows(bob, ann, 'Ann again')]);
    const unnamed = 'y'.repeat(1024);
    const [cy, dan] = [anEditor(east, unnamed), anEditor(east, unnamed)];
    cy.provider.awareness.setLocalStateField('name', 'Cy');
    await knows(dan, cy, 'Cy');
    expect(dan.provider.awareness.getStates().get(cy.doc.clientID)).toEqual({ name: 'Cy' });
  });

  it('sends away whoever speaks nonsense, or edits what is something else, with a code, and nobody else', async () => {
    const node = await aNode();
    node.store.counter('calls').increment();
    const ann = anEditor(node, 'page');
    const url = `${urlOf(node).replace('http', 'ws')}/doc`;
    const ended = (key: string, message?: Uint8Array): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${url}/${key}`);
        socket.on('open', () => message !== undefined && socket.send(message));
        socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
      });
    expect(await ended('calls')).toBe('4400 TYPE_CONFLICT');
    expect(await ended('%00secret')).toBe('4400 BAD_KEY');
    expect(await ended('page', Uint8Array.of(9))).toBe('4400 MALFORMED_MESSAGE');
    expect(await ended('page', Uint8Array.of(0, 2, 4, 7, 7, 7, 7))).toBe('4400 BAD_VALUE');
    expect(await ended('page', Uint8Array.of(1, 200, 1))).toBe('4400 MALFORMED_MESSAGE');
    expect(await ended('page', said([7, `${'['.repeat(20_000)}${']'.repeat(20_000)}`]))).toBe('4400 BAD_VALUE');
    ann.doc.getText('body').insert(0, 'still here');
    const bob = anEditor(node, 'page');
    await until(bob.doc, () => textOf(bob) === 'still here');
  });

  it('shows nothing of what one says who speaks nonsense in the same breath', async () => {
    const node = await aNode();
    const ann = anEditor(node, 'page');
    const bob = anEditor(node, 'page');
    ann.provider.awareness.setLocalStateField('name', 'Ann');
    await knows(bob, ann, 'Ann');
    const bad = new WebSocket(`${urlOf(node).replace('http', 'ws')}/doc/page`);
    bad.on('open', () => bad.send(said([7, '{"name":"Eve"}'], [8, '{'])));
    expect(await once(bad, 'close')).toEqual([4400, Buffer.from('MALFORMED_MESSAGE')]);
    const late = anEditor(node, 'page');
    await knows(late, ann, 'Ann');
    expect(late.provider.awareness.getStates().has(7)).toBe(false);
  });

  it('leaves no timer behind when an editor was refused', async () => {
    const node = await aNode();
    node.store.counter('calls').increment();
    const begun = vi.spyOn(globalThis, 'setInterval');
    atTheEnd(() => begun.mockRestore());
    const socket = new WebSocket(`${urlOf(node).replace('http', 'ws')}/doc/calls`);
    await once(socket, 'close');
    expect(begun).not.toHaveBeenCalled();
  });
});
