/**
 * A presence of 100,000 members in one key: what a join takes, in the region where it is made and in the one that hears of it, what it costs to
 * count and to list them, also when a node is down, and bytes per member. CPU time of this process, since others make it wait.
 */
import { each, held } from './cpu.js';
import type { Benchmark, Figure } from './figure.js';
import { keyOf } from './keys.js';
import { newStore, VirtualMesh } from './virtual-mesh.js';

const MEMBERS = 100_000;
/** Between two frames. */
const TURN = 100;
const TIMES = 100_000;

async function run(): Promise<Figure[]> {
  const [us, eu] = [newStore('us'), newStore('eu')];
  const mesh = new VirtualMesh([us, eu].map((store, i) => ({ store, region: `region-${i}` })));
  mesh.settle(100);
  const before = await held();
  const [session, room] = [eu.presence('agents').newShare(), us.presence('agents')];
  const join = each(MEMBERS / TURN, (turn) => {
    for (let i = turn * TURN; i < (turn + 1) * TURN; i++) session.join(keyOf(i), { skill: 'sales', desk: i });
    mesh.step();
  });
  mesh.settle();
  const bytes = ((await held()) - before) / MEMBERS / 2;
  if (room.count() !== MEMBERS) throw new Error(`${room.count()} members are shown`);
  const wire = (mesh.nodes[0]?.receivedBytes.get('region-1') ?? 0) / MEMBERS;
  const count = each(TIMES, () => room.count());
  const page = each(20, (i) => room.members({ after: keyOf(i * 1000) }));
  const { actors } = us.replica;
  const recount = each(20, (i) => {
    actors.setDown('eu', i % 2 === 0);
    return room.count();
  });
  actors.setDown('eu', true);
  room.count();
  const countDown = each(TIMES, () => room.count());
  const end = each(1, () => {
    while (!session.isEmpty) session.end();
  });
  return [
    { name: 'joins a second, heard of in another region', value: (1e6 / join) * TURN, unit: '', atLeast: 1000 },
    { name: 'bytes on the wire per join', value: wire, unit: 'B', note: 'its name of 18 characters included' },
    { name: 'bytes per member', value: bytes, unit: 'B', note: 'name and meta included, mean of both regions' },
    { name: 'count of 100,000', value: count, unit: 'µs' },
    { name: 'the same, a node is down', value: countDown, unit: 'µs' },
    { name: 'the first after 100,000 were hidden or shown again', value: recount / 1000, unit: 'ms' },
    { name: 'a page of 1,000 of them', value: page / 1000, unit: 'ms' },
    { name: 'a session ends that has brought 100,000 along', value: end / 1000, unit: 'ms', note: 'in slices' },
  ];
}

export const presence: Benchmark = { run };
