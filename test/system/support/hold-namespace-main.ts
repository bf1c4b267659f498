/** Holds namespaces with a process and a cgroup inside until it is killed: for the test of a runner that is killed. */
import { runInNamespace } from './run-in-namespace.ts';

const script = `
name=$(basename "$FARPOINT_NODE_FOLDER")
for top in $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts); do mkdir -p "$top/$name/pod"; done
mount -t tmpfs tmpfs /var/lib/kubelet
echo 1 > /proc/sys/kernel/panic_on_oops
echo "$FARPOINT_NODE_FOLDER"
exec sleep 1000
`;
process.exitCode = await runInNamespace(['sh', '-c', script], process.env);
