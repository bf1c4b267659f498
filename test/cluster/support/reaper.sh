# Ends what a test process started when that process is gone, however it ended. Its input is a pipe from that process:
# `+PID` for a child that started, `-PID` for one that is over. At the end of input: kill the rest, remove the folder ($1).
trap '' INT TERM HUP
alive=' '
while read -r line; do
  pid=${line#?}
  case $line in
    +*) alive="$alive$pid " ;;
    -*) alive="${alive%% "$pid" *} ${alive#* "$pid" }" ;;
  esac
done
for pid in $alive; do kill -KILL "$pid" 2>/dev/null; done
# What was killed a moment ago may still hold a file.
[ -z "$1" ] || rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
