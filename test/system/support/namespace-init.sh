# The first process of the namespaces of a node: prepares them, runs a command, and ends when it does, with all that is in
# them. $1 is the node's folder, the rest the command. What a node writes to fixed places of the machine stays in here.
set -eu
folder=$1
shift

# Puts an empty, passing folder at $1 without leaving one on the machine: where there is none, its parent becomes a
# passing copy, with all that was in it.
hide() {
  if [ ! -d "$1" ]; then
    parent=$(dirname "$1")
    before="$folder/before$parent"
    mkdir -p "$before"
    mount --rbind "$parent" "$before"
    mount -t tmpfs -o mode=755 tmpfs "$parent"
    for entry in "$before"/*; do
      if [ -L "$entry" ]; then
        cp -d "$entry" "$parent/"
      elif [ -d "$entry" ]; then
        mkdir "$parent/${entry##*/}"
        mount --rbind "$entry" "$parent/${entry##*/}"
      elif [ -f "$entry" ]; then
        : >"$parent/${entry##*/}"
        mount --bind "$entry" "$parent/${entry##*/}"
      fi
    done
    mkdir "$1"
  fi
  mount -t tmpfs -o mode=755 tmpfs "$1"
}
for path in /run /var/lib/kubelet /var/lib/cni /var/log/containers; do hide "$path"; done

# kubelet sets these, and they are the whole machine's: it gets copies to write to.
for name in kernel/keys/root_maxbytes kernel/keys/root_maxkeys kernel/panic kernel/panic_on_oops \
  vm/overcommit_memory vm/panic_on_oom; do
  mkdir -p "$folder/sysctl/$(dirname "$name")"
  cat "/proc/sys/$name" >"$folder/sysctl/$name"
  mount --bind "$folder/sysctl/$name" "/proc/sys/$name"
done

# A network that leads nowhere: one interface with the node's address, and a default route, which Services need.
ip link set lo up
ip link add node type bridge
ip address add "$FARPOINT_NODE_ADDRESS/24" dev node
ip link set node up
ip route add default dev node
echo 1 >/proc/sys/net/ipv4/ip_forward

mkdir -p "$folder/tmp"
export TMPDIR="$folder/tmp"

# Signals are for the command. Waiting for it also reaps every orphan, as the first process has to. Its input is ours,
# which a command in the background would not have by itself.
exec 3<&0
"$@" <&3 3<&- &
command=$!
trap 'kill -TERM "$command"' TERM
trap ':' INT
while kill -0 "$command" 2>/dev/null; do
  code=0
  wait "$command" || code=$?
done
exit "$code"
