#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# cluster.sh: a Slurm cluster of several nodes on one Linux machine, to try programs on more than one node.
#
#   cluster.sh check                          says what is missing here, if anything; ends with 77 then
#   cluster.sh up [--while PID] [--show DIR]... NODES SLOTS
#                                             starts nodes n1, n2, ..., each with so many slots for ranks. --show: a folder below /tmp
#                                             that the nodes are to see. --while: ends when that process does
#   cluster.sh run COMMAND...                 on the head node, where srun, salloc, sbatch, squeue and scancel work
#   cluster.sh on I COMMAND...                on node I
#   cluster.sh rate RATE|off                  caps the link of each node, both ways: 200mbit
#   cluster.sh cut I, cluster.sh heal I       unplugs node I from the network, and plugs it in again
#   cluster.sh log                            what the daemons wrote
#   cluster.sh down                           ends all of it
#
# Each node is a network of its own behind one switch, a host name, System V IPC, /tmp and /dev/shm of its own, and a real slurmd: ranks on
# different nodes talk TCP and cannot share memory. Everything else is common, folders and user accounts among it. The head node runs
# slurmctld and munged. All of it lives in namespaces below one process, and nothing of the machine's own is changed: when that process
# ends, so does all. One cluster for each folder HILBRICK_CLUSTER (default: one in /var/tmp), in which it keeps its files.
set -euo pipefail

state=${HILBRICK_CLUSTER:-/var/tmp/hilbrick-cluster-$(id -u)}
net=10.77.0

fail() {
  echo "cluster: $*" >&2
  exit 1
}
usage() {
  sed -n '3,/cluster.sh down/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# Prints what keeps a cluster from running here; nothing where it can.
obstacle() {
  local command missing=()
  for command in slurmctld slurmd srun munged mungekey ip tc ping nsenter unshare; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    echo "missing ${missing[*]}: apt-get install slurm-wlm munge iproute2 iputils-ping"
  elif ! unshare --net --uts --ipc --mount --pid --fork true 2>/dev/null; then
    echo "this user may not make namespaces: run as root, in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN"
  elif ! unshare --net ip link add link0 type bridge 2>/dev/null; then
    echo "this system makes no network bridges"
  fi
}

# The process that all of the cluster lives below; nothing where it is gone, also where its number is another's by now.
head_pid() {
  local pid
  pid=$(cat "$state/head.pid" 2>/dev/null) || return 0
  ! tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "_head $state " || echo "$pid"
}
# in_head COMMAND...: in the head node's namespaces. What root and srun need is in the environment: README.md, "Running the solver", says why.
in_head() {
  local pid
  pid=$(head_pid)
  [ -n "$pid" ] || fail "not up (cluster.sh up)"
  nsenter --target "$pid" --net --uts --ipc --mount --pid --wd="$PWD" -- \
    env SLURM_CONF="$state/slurm.conf" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 SLURM_PMIX_FENCE=ring "$@"
}
require_node() {
  if ! [[ "$1" =~ ^[1-9][0-9]*$ && -f "$state/node.$1" ]]; then fail "expected the number of a node, found \"$1\""; fi
}
in_node() {
  require_node "$1"
  local pid
  pid=$(cat "$state/node.$1")
  in_head nsenter --target "$pid" --net --uts --ipc --mount --wd="$PWD" -- "${@:2}"
}

up() {
  local owner="" shown=()
  while [ $# -gt 2 ]; do
    case $1 in
      --while) owner=$2 ;;
      --show) shown+=("$(realpath "$2")") ;;
      *) usage ;;
    esac
    shift 2
  done
  [[ "${1:-}" =~ ^[1-9][0-9]?$ && "${2:-}" =~ ^[1-9][0-9]*$ ]] || usage
  local nodes=$1 slots=$2 problem
  problem=$(obstacle)
  [ -z "$problem" ] || fail "$problem"
  [ -z "$(head_pid)" ] || fail "already up in $state (cluster.sh down)"
  rm -rf "$state"
  mkdir -p "$state"/{spool,save,log}
  configuration "$nodes" "$slots" >"$state/slurm.conf"
  hosts "$nodes" >"$state/hosts"
  mungekey --create --keyfile="$state/munge.key"

  setsid unshare --net --uts --ipc --mount --pid --fork --kill-child --mount-proc "$0" _head "$state" "$nodes" "${shown[@]}" \
    >"$state/log/head" 2>&1 </dev/null &
  local outer=$! _
  for _ in $(seq 100); do
    pgrep -P "$outer" >"$state/head.pid" && break
    sleep 0.1
  done
  if [ -n "$owner" ]; then
    local pid
    pid=$(head_pid)
    # This cluster only: another may be up in its place by then.
    (tail --pid="$owner" -f /dev/null; [ "$(head_pid)" != "$pid" ] || down) >/dev/null 2>&1 </dev/null &
  fi
  for _ in $(seq 240); do
    [ -n "$(head_pid)" ] || break
    if [ "$(in_head sinfo --noheader --states=idle --format=%D 2>/dev/null)" = "$nodes" ]; then
      echo "cluster: $nodes nodes of $slots slots are up; cluster.sh run srun ..., cluster.sh down"
      return
    fi
    sleep 0.5
  done
  log >&2
  down
  fail "did not come up; see above"
}

configuration() {
  cat <<CONF
ClusterName=hilbrick
SlurmctldHost=head($net.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$state/munge.socket
StateSaveLocation=$state/save
SlurmdSpoolDir=$state/spool/%n
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd-%n.pid
SlurmctldLogFile=$state/log/slurmctld
SlurmdLogFile=$state/log/slurmd-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
MpiDefault=none
ReturnToService=2
# More slots than this machine has cores.
SlurmdParameters=config_overrides
# A node that is away for seconds is no dead node; one that is away for a minute is.
SlurmdTimeout=60
KillWait=5
NodeName=n[1-$1] CPUs=$2 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}
hosts() {
  local i
  echo "127.0.0.1 localhost"
  echo "$net.254 head"
  for i in $(seq "$1"); do echo "$net.$i n$i"; done
}

# The first process of the namespaces; when it ends, the kernel ends all others.
head_node() {
  state=$1
  local nodes=$2 i pid
  shift 2
  hostname head
  mount --bind "$state/hosts" /etc/hosts
  mount -t tmpfs tmpfs /dev/shm
  ip link set lo up
  ip link add switch type bridge
  ip address add "$net.254/24" dev switch
  ip link set switch up
  export SLURM_CONF="$state/slurm.conf"
  munged --force --key-file="$state/munge.key" --socket="$state/munge.socket" --pid-file="$state/munged.pid" \
    --log-file="$state/log/munged" --seed-file="$state/munge.seed"
  slurmctld -c
  for i in $(seq "$nodes"); do
    unshare --net --uts --ipc --mount "$0" _node "$state" "$i" "$@" >"$state/log/n$i" 2>&1 &
    pid=$!
    while [ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
    ip link add "port$i" type veth peer name eth0 netns "$pid"
    ip link set "port$i" master switch up
    echo "$pid" >"$state/node.$i"
  done
  while true; do wait -n || true; sleep 1; done  # orphans come to the first process
}

# A node: its own network, host name, IPC, /dev/shm and /tmp, in which the folders that it is to see appear at their places.
node() {
  local state=$1 i=$2 folder
  shift 2
  until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
  hostname "n$i"
  ip link set lo up
  ip address add "$net.$i/24" dev eth0
  ip link set eth0 up
  mount -t tmpfs tmpfs /dev/shm
  mount -t tmpfs -o mode=1777 tmpfs /mnt
  # The outermost first: what lies in one is there with it.
  while IFS= read -r folder; do
    [[ "$folder" == /tmp/* && ! -e "/mnt${folder#/tmp}" ]] || continue
    mkdir -p "/mnt${folder#/tmp}"
    mount --bind "$folder" "/mnt${folder#/tmp}"
  done < <(printf '%s\n' "$state" "$@" | sort)
  mount --rbind /mnt /tmp
  umount -R -l /mnt
  export SLURM_CONF="$state/slurm.conf"
  exec slurmd -D -N "n$i"
}

rate() {
  [ $# = 1 ] || usage
  local i change=(tbf rate "$1" burst 128kb latency 50ms) verb=replace
  if [ "$1" = off ]; then
    change=()
    verb=del
  fi
  for i in $(seq "$(find "$state" -name 'node.*' | wc -l)"); do
    in_head tc qdisc "$verb" dev "port$i" root "${change[@]}" 2>/dev/null || [ "$1" = off ] || fail "no link takes the rate \"$1\""
    in_node "$i" tc qdisc "$verb" dev eth0 root "${change[@]}" 2>/dev/null || [ "$1" = off ] || fail "no link takes the rate \"$1\""
  done
}

log() { tail -n 30 "$state"/log/*; }

down() {
  local pid
  pid=$(head_pid)
  if [ -n "$pid" ]; then
    kill -KILL "$pid"
    while [ -d "/proc/$pid" ]; do sleep 0.1; done
  fi
  rm -rf "$state"
}

case "${1:-}" in
  check)
    problem=$(obstacle)
    [ -z "$problem" ] || { echo "cluster: left out, $problem"; exit 77; }
    ;;
  up | rate) "$@" ;;
  run) in_head "${@:2}" ;;
  on) in_node "${@:2}" ;;
  cut)
    require_node "${2:-}"
    in_head ip link set "port$2" down
    ;;
  heal)
    require_node "${2:-}"
    in_head ip link set "port$2" up
    in_head scontrol update NodeName="n$2" State=RESUME 2>/dev/null || true  # Slurm may have given it up
    ;;
  log | down) "$1" ;;
  _head) head_node "${@:2}" ;;
  _node) node "${@:2}" ;;
  *) usage ;;
esac
