/** What to do where the host's own words alone say what was in the way: a full disk, a file system that is read-only. */
export const repairFirst =
  'put right on the host what it answered, then run the same command again: it goes on from what it finds'
