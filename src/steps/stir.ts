/**
 * For a member that starts and whose READY does not come. From 3.6 on etcd compacts its log all the time, so that whoever is 5000 entries
 * behind, a new member too, is sent a snapshot. Its first attempt to publish itself may be within that snapshot, where it never hears of it,
 * and the snapshot has set its committed index, but not its applied one: until one more entry comes, each further attempt is refused with
 * `too many requests`, without a pause, so that its journal overflows (seen with 3.6.16: always, where nobody writes meanwhile). The deletion
 * of an empty range is such an entry: it deletes nothing, adds no revision, and passes a full quota. Only the others can make it; where
 * they have no quorum either, nothing comes of it.
 *
 * A large snapshot takes its time: the deadline begins anew while the data of a member that `receives` grows.
 */
export const stir = `
received= stir_at=
stir() {
  read_seconds
  [ "\${stir_at:=$((seconds + 2))}" -le "$seconds" ] || return 0
  stir_at=$((seconds + 2))
  [ -z "\${receives:-}" ] || see_growth
  [ -n "$others" ] || return 0
  # In the background, as the others may not answer. An older etcdctl does not know --range, and its etcd needs no stirring.
  (point_to "$others"; etcdctl_soon del --range etcd-deploy/any etcd-deploy/any) </dev/null >/dev/null 2>&1 &
}
see_growth() {
  data=$(tr '\\0' '\\n' 2>/dev/null <"/proc/$pid/environ" | sed -n 's/^ETCD_DATA_DIR=//p') || :
  [ -d "\${data:-/nowhere}/member/snap" ] || return 0
  size=$(du -sk "$data/member/snap" 2>/dev/null | cut -f 1) || :
  [ "\${size:-0}" -gt "\${size_before:-0}" ] || return 0
  size_before=$size until=$((seconds + deadline))
  [ "$size" -lt 1024 ] || received="receiving data: $((size / 1024)) MiB"
}
`
