/** A node that is started again goes on with the dots of an earlier life. */
import { describe, expect, it } from 'vitest';
import { Lab, type LabNode } from './lab.js';

const NAMES = ['a', 'b', 'c'];

/** Three nodes, all linked, that have exchanged what they have. */
class Trio {
  readonly lab = new Lab();
  readonly nodes = new Map<string, LabNode>();
  #incarnation = 1;

  constructor() {
    for (const name of NAMES) this.start(name);
    this.lab.run(100);
  }

  get(name: string): LabNode {
    return this.nodes.get(name) as LabNode;
  }

  /** A new life of a node, linked with all that live; it serves as soon as there is nothing to wait for. */
  start(name: string, besides: readonly string[] = []): LabNode {
    const node = this.lab.start(name, { incarnation: this.#incarnation++, joining: true });
    for (const [other, peer] of this.nodes) if (other !== name && !besides.includes(other)) this.lab.link(node, peer);
    this.nodes.set(name, node);
    return node;
  }

  kill(name: string): void {
    this.lab.kill(this.get(name));
    this.nodes.delete(name);
  }

  /** What a real node does when it is joining, with nobody to bootstrap from for long. */
  join(node: LabNode): void {
    const { succession, membership } = node.replicator;
    this.lab.run(50);
    for (let i = 0; i < 1000 && succession.waits(this.lab.now); i++) this.lab.run(10);
    membership.serve();
  }

  restart(name: string): LabNode {
    this.kill(name);
    this.lab.run(50);
    const node = this.start(name);
    this.join(node);
    return node;
  }
}

describe('a node that is started again', () => {
  it('goes on with the dots of its earlier life', () => {
    const trio = new Trio();
    for (const name of NAMES) trio.get(name).store.increment('calls');
    trio.lab.run(100);
    const again = trio.restart('b');
    expect(again.store.dot).toBe(1);
    again.store.increment('calls', 5);
    trio.lab.run(100);
    for (const { store } of trio.nodes.values()) {
      expect(store.vv()).toEqual({ 'a@1': 1, 'b@2': 2, 'c@3': 1 });
      expect(store.counter('calls').value()).toBe(8);
    }
  });
});
