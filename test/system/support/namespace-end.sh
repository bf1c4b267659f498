# Clears up after a node however its runner ended. Its input is a pipe from the runner, which says `+PID` when it has
# started the namespaces and `-PID` when they are gone. At the end of input: ends them, if need be, and removes what they
# cannot take along: cgroups of the name $2 and the folder $1.
trap '' INT TERM HUP
pid=''
while read -r line; do
  case $line in
    +*) pid=${line#+} ;;
    -*) pid='' ;;
  esac
done
if [ -n "$pid" ]; then
  first=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
  kill -KILL "$pid" $first 2>/dev/null
  # The kernel lets the first process go when all others are gone.
  for process in $first; do
    while kill -0 "$process" 2>/dev/null; do sleep 0.1; done
  done
fi
for tries in 1 2 3 4 5 6 7 8 9 10; do
  left=''
  for cgroup in "/sys/fs/cgroup/$2" /sys/fs/cgroup/*/"$2"; do
    [ -d "$cgroup" ] || continue
    find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ ! -d "$cgroup" ] || left=yes
  done
  [ -n "$left" ] || break
  sleep 0.5
done
# Refused while another node uses one, as it should be.
while read -r controller; do
  echo "-$controller" >/sys/fs/cgroup/cgroup.subtree_control
done 2>/dev/null <"$1/cgroup-controllers"
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
