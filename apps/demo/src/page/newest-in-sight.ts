export interface NewestInSight {
  /** There is more in the list: it scrolls along unless its reader has scrolled back. */
  added(): void
  /** From here on it scrolls along again. */
  goToEnd(): void
}

/** Keeps the newest line of a list in sight until its reader scrolls back, through changes of its size too. */
export function newestInSight(list: HTMLElement): NewestInSight {
  let follows = true
  let isPlanned = false
  const toEnd = (): void => {
    isPlanned = false
    if (follows) list.scrollTop = list.scrollHeight
  }
  // Once for each picture that is drawn: hundreds of lines at once would be laid out one by one otherwise.
  const added = (): void => {
    if (!isPlanned) requestAnimationFrame(toEnd)
    isPlanned = true
  }
  list.addEventListener('scroll', () => {
    // What was added and is not scrolled to yet is not a reader who scrolled back.
    if (!isPlanned) follows = list.scrollHeight - list.scrollTop - list.clientHeight < 48
  })
  new ResizeObserver(toEnd).observe(list)
  return {
    added,
    goToEnd: () => {
      follows = true
      added()
    },
  }
}
