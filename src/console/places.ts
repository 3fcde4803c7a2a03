/** Where the regions stand in the picture: on a circle, the first two at its foot where there are three. */

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly places: readonly Place[];
}

const TRIANGLE: Layout = {
  width: 400,
  height: 226,
  places: [
    { x: 90, y: 176 },
    { x: 310, y: 176 },
    { x: 200, y: 40 },
  ],
};
const MARGIN = 40;
const ACROSS = 190;
const DOWN = 150;

export function layoutOf(count: number): Layout {
  if (count === TRIANGLE.places.length) return TRIANGLE;
  const places = Array.from({ length: count }, (_, at) => {
    const angle = Math.PI * (count % 2 === 0 ? 1 + 1 / count : 1.5) + (2 * Math.PI * at) / count;
    return { x: MARGIN + ACROSS * (1 + Math.cos(angle)), y: MARGIN + DOWN * (1 + Math.sin(angle)) };
  });
  return { width: 2 * (ACROSS + MARGIN), height: 2 * (DOWN + MARGIN), places };
}
