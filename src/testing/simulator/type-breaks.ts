/** Known bugs of types that show only between nodes, or through a handle: put back from outside. Those of merging are in breaks.ts. */
import type { Break } from './break.js';
import type { Process } from './process.js';

/** Long enough for rights to be shared, lost, taken over and spent to the end. */
const BOUNDED = { types: ['bounded'], shape: 'mesh', nodes: 3, steps: 400, without: ['delete'] } as const;

/** Change every handle of one type that the store gives out. */
function handing<Type extends 'log' | 'map'>(
  type: Type,
  change: (handle: ReturnType<Process['store'][Type]>, process: Process) => void,
): (process: Process) => void {
  return (process) => {
    const { store } = process;
    const open = store[type].bind(store) as (...of: unknown[]) => ReturnType<Process['store'][Type]>;
    Object.assign(store, {
      [type](...of: unknown[]) {
        const handle = open(...of);
        change(handle, process);
        return handle;
      },
    });
  };
}

export const TYPE_BREAKS: Readonly<Record<string, Break>> = {
  'spend-unsaid': {
    bug: 'rights of a bounded counter are spent before another node knows how far it may go: a crash forgets it, and the next life spends them again',
    leaning: { ...BOUNDED, faults: ['crash'], busy: 70, trouble: 3 },
    wrap: ({ store: { replica } }) => {
      replica.others.isBacked = () => true;
    },
  },
  'first-by-itself': {
    bug: 'a node that was told of nobody takes itself for the first of its cluster, also when it was started again',
    leaning: { ...BOUNDED, faults: ['crash', 'slow link'], busy: 70, trouble: 3 },
    wrap: (process) => {
      process.first = () => true;
    },
  },
  'read-on-by-time': {
    bug: 'a cursor is the time of the newest entry that was given: one that comes late is never given',
    leaning: { types: ['log'], faults: ['slow link', 'cut'], shape: 'mesh', hectic: true },
    wrap: handing('log', (log) => {
      log.since = (cursor) => {
        const all = log.last(1000);
        const entries = all.filter(({ at }) => at > Number(cursor ?? -Infinity));
        return { entries, missed: false, cursor: `${all.at(-1)?.at ?? cursor ?? -Infinity}` };
      };
    }),
  },
  'read-on-from-here': {
    bug: 'a cursor says how many entries one process has given: at another one it says nothing, and everything is given again',
    leaning: { types: ['log'], faults: ['slow link', 'cut'], shape: 'mesh', hectic: true },
    wrap: handing('log', (log, { title }) => {
      const since = log.since.bind(log);
      log.since = (cursor) => {
        const [whose, own] = cursor?.split(' of ') ?? [];
        const page = since(whose === title ? own : undefined);
        return { ...page, cursor: `${title} of ${page.cursor}` };
      };
    }),
  },
  'remove-what-is-shown': {
    bug: 'a field of a map that is live as several types is removed as the one that is shown: the next one shows',
    leaning: { types: ['map'], faults: ['cut', 'slow link'], shape: 'mesh', hectic: true },
    wrap: handing('map', (map) => {
      const remove = map.delete.bind(map);
      map.delete = (field) => {
        const type = map.type(field);
        if (type === 'set') for (const element of map.get(field) as string[]) map.remove(field, element);
        else if (type === 'flag') map.disable(field);
        else remove(field);
      };
    }),
  },
};
