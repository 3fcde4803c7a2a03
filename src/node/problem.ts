/** Problem documents (RFC 9457): what is answered over HTTP when something is wrong, with a code. */
import { type ErrorCode, ERRORS } from '../base/error.js';

export function problem(code: ErrorCode, status: number, detail: string): Response {
  return new Response(problemText(code, status, detail), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

export function problemText(code: ErrorCode, status: number, detail: string): string {
  return `${JSON.stringify({ type: 'about:blank', title: ERRORS[code], status, code, detail })}\n`;
}
