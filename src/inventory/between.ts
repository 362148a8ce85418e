import type { File } from '@babel/types'

import { span } from './syntax.ts'

/** The line end and the indentation before it, where nothing else stands there. */
export function ownLine(source: string, offset: number): string | undefined {
  return /\r?\n[ \t]*$/.exec(source.slice(0, offset))?.[0]
}

/** Where the comma ends that follows; undefined: there is none. */
export function commaBehind(source: string, file: File, offset: number): number | undefined {
  let at = offset
  for (;;) {
    at += /^\s*/.exec(source.slice(at))?.[0].length ?? 0
    const comment = commentAt(file, at)
    if (comment === undefined) return source[at] === ',' ? at + 1 : undefined
    at = span(comment).end
  }
}

/** What stands on the same line says something of what stands before it. */
export function behindComments(source: string, file: File, offset: number, only?: 'CommentBlock'): number {
  let at = offset
  for (;;) {
    const next = at + (/^[ \t]*/.exec(source.slice(at))?.[0].length ?? 0)
    const comment = commentAt(file, next)
    if (comment === undefined || (only !== undefined && comment.type !== only)) return at
    at = span(comment).end
  }
}

function commentAt({ comments }: File, offset: number) {
  return comments?.find(({ start }) => start === offset)
}

/** Where the last comment between two places ends. */
export function lastCommentIn({ comments }: File, start: number, end: number): number | undefined {
  return comments?.map(span).findLast((comment) => comment.start >= start && comment.end <= end)?.end
}
