import { describe, expect, it } from 'vitest';
import { type Asker, edgeFor, giftFor, type Outlook, room, TURN_MS, turnOf, wantFor } from '../../src/store/lending.js';

/** A region with 100 rights, none of them used, said ahead, or asked for. */
const RESTING: Outlook = {
  position: 0,
  edge: 0,
  rights: 100,
  received: 100,
  want: 0,
  pending: false,
  use: 0,
  refused: 0,
};

/** What the policy makes of it until it has nothing more to say; fails if it never ends. */
function settled(outlook: Outlook): Outlook {
  let now = outlook;
  for (let round = 0; round < 4; round++) {
    const next = { ...now, edge: edgeFor(now), want: wantFor(now) };
    if (next.edge === now.edge && next.want === now.want) return now;
    now = next;
  }
  throw new Error('it changes its mind for ever');
}

describe('what is said ahead', () => {
  it('is a quarter, and up to half under use', () => {
    expect(edgeFor(RESTING)).toBe(25);
    expect(edgeFor({ ...RESTING, use: 20 })).toBe(40);
    expect(edgeFor({ ...RESTING, use: 1000 })).toBe(50);
    expect(edgeFor({ ...RESTING, position: 60 })).toBe(70);
  });

  it('is all of it if that was asked for and refused, and never more than there is', () => {
    expect(edgeFor({ ...RESTING, refused: 80 })).toBe(80);
    expect(edgeFor({ ...RESTING, refused: 180 })).toBe(100);
    expect(edgeFor({ ...RESTING, rights: 0 })).toBe(0);
    expect(edgeFor({ ...RESTING, rights: -5 })).toBe(0);
  });

  it('is not said again before the last word is known to others', () => {
    expect(edgeFor({ ...RESTING, edge: 3, pending: true, use: 50 })).toBe(3);
  });

  it('stands while less than half of it is used, and while twice as much is there', () => {
    for (let position = 0; position <= 12; position++) expect(edgeFor({ ...RESTING, position, edge: 25 })).toBe(25);
    expect(edgeFor({ ...RESTING, position: 20, edge: 25 })).toBe(40);
    expect(edgeFor({ ...RESTING, rights: 50, edge: 25 })).toBe(25);
    expect(edgeFor({ ...RESTING, rights: 40, edge: 25 })).toBe(10);
  });
});

describe('what is asked for', () => {
  it('is nothing while half of what twice the use takes is there', () => {
    expect(wantFor(RESTING)).toBe(0);
    expect(wantFor({ ...RESTING, use: 100 })).toBe(0);
  });

  it('is for the use to come, before anything was refused', () => {
    expect(wantFor({ ...RESTING, use: 120 })).toBe(100 + 140);
  });

  it('is for what was refused, and for the use beside it', () => {
    expect(wantFor({ ...RESTING, refused: 130 })).toBe(100 + 30);
    expect(wantFor({ ...RESTING, refused: 130, use: 10 })).toBe(100 + 50);
  });

  it('is said once, and more of it only if more is needed', () => {
    const asking = { ...RESTING, want: 240 };
    expect(wantFor({ ...asking, use: 120 })).toBe(240);
    expect(wantFor({ ...asking, use: 110 })).toBe(240);
    expect(wantFor({ ...asking, use: 150 })).toBe(300);
  });

  it('is taken back by who lacks nothing any more', () => {
    expect(wantFor({ ...RESTING, want: 150, use: 50 })).toBe(100);
    expect(wantFor({ ...RESTING, want: 150, use: 51 })).toBe(150);
    expect(wantFor({ ...RESTING, want: 900 })).toBe(100);
    expect(wantFor({ ...RESTING, want: 900, refused: 101 })).toBe(900);
  });

  it('is never asked for by one who gives, unless he lacks more', () => {
    for (let use = 0; use < 100; use++) {
      for (let want = 0; want < 300; want += 50) {
        const asks = wantFor({ ...RESTING, received: 100, want, use }) > 100;
        const gives = giftFor({ lacks: 90, has: 90, isFirst: false }, 100, { use, refused: 0 }) > 0;
        if (asks && gives) throw new Error(`with a use of ${use} it asks and gives`);
      }
    }
    expect(giftFor({ lacks: 90, has: 90, isFirst: false }, 100, RESTING)).toBe(50);
  });

  it('comes to rest, wherever it begins', () => {
    const wrong: Outlook[] = [];
    for (let n = 0; n < 5000; n++) {
      const at = (base: number): number => Math.floor(n / base) % 10;
      const [position, rights] = [at(1) * 9, at(10) * 20];
      const begun = { ...RESTING, position, rights, edge: Math.min(position + at(2), rights), use: at(100) * 13 };
      const end = settled({ ...begun, refused: at(1000) * 40 });
      if (end.edge > Math.max(end.position, end.rights) || room(end) < 0) wrong.push(end);
    }
    expect(wrong).toEqual([]);
  });
});

describe('what is given', () => {
  const CALM = { use: 0, refused: 0 };
  const asking = (lacks: number, has = 0, isFirst = false): Asker => ({ lacks, has, isFirst });

  it('is what is lacking, and at most half of what the giver does not need', () => {
    expect(giftFor(asking(10), 100, CALM)).toBe(10);
    expect(giftFor(asking(80), 100, CALM)).toBe(50);
    expect(giftFor(asking(80), 100, { use: 30, refused: 0 })).toBe(20);
    expect(giftFor(asking(80), 100, { use: 30, refused: 10 })).toBe(15);
    expect(giftFor(asking(80), 100, { use: 50, refused: 0 })).toBe(0);
    expect(giftFor(asking(80), 0, CALM)).toBe(0);
  });

  it('is not given in driblets', () => {
    expect(giftFor(asking(80), 100, { use: 40, refused: 0 })).toBe(0);
    expect(giftFor(asking(80), 100, { use: 37, refused: 0 })).toBe(13);
    expect(giftFor(asking(10), 100, { use: 40, refused: 0 })).toBe(10);
  });

  it('is the last one too, so that nothing is left where nobody wants it', () => {
    expect(giftFor(asking(1), 1, CALM)).toBe(1);
  });

  it('leaves the giver with what it would ask for right away', () => {
    const wrong: number[][] = [];
    for (let has = 0; has < 200; has++) {
      for (let use = 0; use < 60; use += 0.5) {
        const left = has - giftFor(asking(1000, 500), has, { use, refused: 0 });
        if (left < has && wantFor({ ...RESTING, rights: left, received: left, use }) > 0) wrong.push([has, use]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is something for one that has nothing, though there is not enough for both', () => {
    const greedy = { use: 200, refused: 0 };
    expect(giftFor(asking(4), 100, greedy)).toBe(4);
    expect(giftFor(asking(140), 100, greedy)).toBe(50);
    expect(giftFor(asking(160), 100, greedy)).toBe(0);
    expect(giftFor(asking(4, 60), 100, greedy)).toBe(0);
  });

  it('is not given back for the same reason', () => {
    let met = 0;
    const wrong: number[][] = [];
    for (let n = 0; n < 10_000; n++) {
      const digits = [1, 10, 100, 1000].map((base) => 7 * (Math.floor(n / base) % 10));
      const [has, theirs, , theyNeed] = digits as [number, number, number, number];
      const needs = 9 * (digits[2] as number);
      if (theyNeed <= theirs) continue;
      const gift = giftFor(asking(theyNeed - theirs, theirs), has, { use: 0, refused: needs });
      const [left, got] = [has - gift, theirs + gift];
      if (gift === 0 || needs <= left || theyNeed <= got) continue;
      met++;
      if (giftFor(asking(needs - left, left), got, { use: 0, refused: theyNeed }) > 0) wrong.push(digits);
    }
    expect(wrong).toEqual([]);
    expect(met).toBeGreaterThan(100);
  });

  it('is all of it, for the first by name of two that want all there is', () => {
    const wants = (refused: number): { use: number; refused: number } => ({ use: 0, refused });
    expect(giftFor(asking(60, 40, true), 60, wants(100))).toBe(30);
    expect(giftFor(asking(40, 60, false), 40, wants(100))).toBe(0);
    expect(giftFor(asking(61, 40, true), 60, wants(101))).toBe(0);
  });
});

describe('whose turn it is', () => {
  const lenders = [
    { actor: 1, room: 10 },
    { actor: 2, room: 50 },
    { actor: 3, room: 50 },
    { actor: 4, room: 7 },
  ];

  it('is the richest’s at once, and then the next one’s', () => {
    expect([2, 3, 1, 4].map((self) => turnOf(self, lenders))).toEqual([0, 1, 2, 3].map((n) => n * TURN_MS));
  });

  it('is one’s only at any time, whoever works it out', () => {
    const turns = lenders.map(({ actor }) => turnOf(actor, lenders));
    expect(new Set(turns).size).toBe(lenders.length);
  });
});
